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
.chip.beyond{fill:#dc2626;stroke:#dc2626}
.chip-text.beyond{fill:#fff;font-weight:600}
.aside{filter:url(#lift)}
.aside.refusal{fill:#fff7f7;stroke:#fecaca}
.aside.fault{fill:#dc2626;stroke:#b91c1c}
.aside-title{font-size:14px;font-weight:650}
.aside-title.refusal{fill:#7f1d1d}
text.fault{fill:#fff}
.code{font-weight:600}
.code.refusal{fill:#dc2626}
.tie{stroke-width:1.6;fill:none}
.tie.refusal{stroke:#f87171;stroke-dasharray:2 5;stroke-linecap:round}
.tie.fault{stroke:#dc2626;stroke-width:2.2}
.card.broken{fill:#fffafa;stroke:#dc2626;stroke-width:1.6}
.card.unknown{stroke:#94a3b8;stroke-dasharray:5 4;filter:none}
.band.lost{fill:#cbd5e1}
.mark.lost{fill:#94a3b8}
.mark.broken{fill:#dc2626}
.gap{fill:#f8fafc}
.torn{fill:none;stroke:#dc2626;stroke-width:2.4;stroke-linejoin:round;stroke-linecap:round}
.bad{fill:#dc2626}
.seal.good{fill:#0d9488}
.seal.bad{fill:#dc2626}
.seal.unsure{fill:#b45309}
.seal-text{fill:#fff;font-size:14px;font-weight:700;letter-spacing:.02em}
a:hover .card,a:focus-visible .card{stroke:#4f46e5;stroke-width:2}
a:focus-visible{outline:none}
.stop{fill:#dc2626;stroke:#f8fafc;stroke-width:3}
.cross{stroke:#fff;stroke-width:2;stroke-linecap:round;fill:none}
@media (prefers-color-scheme:dark){
text{fill:#e2e8f0}.page{fill:#0b1120}.title,.name{fill:#f8fafc}.muted{fill:#94a3b8}.mark{stroke:#0b1120}.mark.root{fill:#e2e8f0}
.card{fill:#111a2e;stroke:#24304a}.rule{stroke:#24304a}.badge{fill:#1e293b}.badge-text{fill:#cbd5e1}.badge.hardware{fill:#14532d}.badge-text.hardware{fill:#bbf7d0}
.good{fill:#2dd4bf}.call{fill:#a5b4fc}.chip.granted{fill:#06281f;stroke:#0f766e}.chip-text.granted{fill:#6ee7b7}.chip.withheld{stroke:#475569}.chip-text.withheld{fill:#64748b}
.chip.refused,.aside.refusal{fill:#2a0f14;stroke:#7f1d1d}.chip-text.refused,.aside-title.refusal{fill:#fca5a5}.code.refusal{fill:#f87171}.stop{stroke:#0b1120}
.card.broken{fill:#1d0d14;stroke:#ef4444}.card.unknown{stroke:#475569}.band.lost{fill:#334155}.mark.lost{fill:#475569}.mark.broken{fill:#dc2626}.gap{fill:#0b1120}.bad{fill:#f87171}.chip-text.beyond,text.fault,.seal-text{fill:#fff}
}
";
