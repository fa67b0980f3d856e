
(() => {
  const hops = () => document.querySelectorAll("details.hop");
  const show = () => {
    const hop = document.getElementById(location.hash.slice(1));
    if (hop && hop.tagName === "DETAILS") hop.open = true;
  };
  addEventListener("hashchange", show);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='#hop-']");
    if (link && link.getAttribute("href") === location.hash) show();
  });
  addEventListener("beforeprint", () => hops().forEach((hop) => { hop.open = true; }));
  const all = document.getElementById("all");
  const label = () => { all.textContent = [...hops()].every((hop) => hop.open) ? "Close all" : "Open all"; };
  if (all && hops().length) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const open = ![...hops()].every((hop) => hop.open);
      hops().forEach((hop) => { hop.open = open; });
      label();
    });
    hops().forEach((hop) => hop.addEventListener("toggle", label));
    label();
  }
  show();
})();
