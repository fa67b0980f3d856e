//! Colours and type. Classes only, so that a dark page can turn them over.

pub(super) const STYLE: &str = r"
text{font-family:Inter,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif;font-size:13px;fill:#1e293b}
.page{fill:#f8fafc}
.title{font-size:26px;font-weight:700;letter-spacing:-.02em;fill:#0f172a}
.name{font-size:18px;font-weight:650;letter-spacing:-.01em;fill:#0f172a}
.mono{font-family:'JetBrains Mono',ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}
.muted{fill:#64748b}
.small{font-size:12px}
.strong{font-weight:600}
.band{fill:url(#flow)}
.mark{fill:url(#flow);stroke:#f8fafc;stroke-width:4}
.mark.root{fill:#0f172a}
.number{font-size:12.5px;font-weight:700;fill:#fff}
.card{fill:#fff;stroke:#e2e8f0;filter:url(#lift)}
.rule{stroke:#e2e8f0;fill:none}
.badge{fill:#f1f5f9}
.badge.hardware{fill:#dcfce7}
.badge-text{font-size:11.5px;font-weight:600;fill:#475569}
.badge-text.hardware{fill:#166534}
.good{fill:#0d9488}
.call{fill:#4338ca}
.chip{stroke-width:1}
.chip.granted{fill:#ecfdf5;stroke:#6ee7b7}
.chip.withheld{fill:none;stroke:#cbd5e1;stroke-dasharray:3 3}
.chip.refused{fill:#fef2f2;stroke:#fca5a5}
.chip-text{font-size:12px}
.chip-text.granted{fill:#065f46}
.chip-text.withheld{fill:#94a3b8;text-decoration:line-through}
.chip-text.refused{fill:#b91c1c}
.refusal{fill:#fff7f7;stroke:#fecaca;filter:url(#lift)}
.refusal-bar{fill:#dc2626}
.refusal-title{font-size:14px;font-weight:650;fill:#7f1d1d}
.code{font-weight:600;fill:#dc2626}
.tie{stroke:#f87171;stroke-width:1.6;stroke-dasharray:2 5;stroke-linecap:round;fill:none}
.stop{fill:#dc2626;stroke:#f8fafc;stroke-width:3}
.cross{stroke:#fff;stroke-width:2;stroke-linecap:round;fill:none}
@media (prefers-color-scheme:dark){
text{fill:#e2e8f0}.page{fill:#0b1120}.title,.name{fill:#f8fafc}.muted{fill:#94a3b8}.mark{stroke:#0b1120}.mark.root{fill:#e2e8f0}
.card{fill:#111a2e;stroke:#24304a}.rule{stroke:#24304a}.badge{fill:#1e293b}.badge-text{fill:#cbd5e1}.badge.hardware{fill:#14532d}.badge-text.hardware{fill:#bbf7d0}
.good{fill:#2dd4bf}.call{fill:#a5b4fc}.chip.granted{fill:#06281f;stroke:#0f766e}.chip-text.granted{fill:#6ee7b7}.chip.withheld{stroke:#475569}.chip-text.withheld{fill:#64748b}
.chip.refused,.refusal{fill:#2a0f14;stroke:#7f1d1d}.chip-text.refused,.refusal-title{fill:#fca5a5}.code{fill:#f87171}.stop{stroke:#0b1120}
}
";
