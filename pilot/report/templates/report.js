(() => {
  "use strict";
  const { pictures, config } = JSON.parse(document.getElementById("drawings").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const PRINT_WIDTH = 660; // px between the margins of an A4 page

  const language = () => (location.hash === "#en" ? "en" : "zh");

  function draw(mode, width) {
    for (const place of document.querySelectorAll(`#${language()} [data-picture]`)) {
      const { data, layout } = structuredClone(pictures[place.dataset.picture][mode]);
      const size = width ? { width, autosize: false } : { autosize: true };
      Plotly.react(place, data, { ...layout, ...size }, config);
    }
  }

  const drawForScreen = () => draw(dark.matches ? "dark" : "light", null);

  function show() {
    const edition = document.getElementById(language());
    document.documentElement.lang = edition.lang;
    document.documentElement.dataset.language = language();
    document.title = edition.dataset.title;
    for (const link of document.querySelectorAll("a[data-language]")) {
      link.setAttribute("aria-current", String(link.dataset.language === language()));
    }
    drawForScreen();
    window.scrollTo(0, 0);
  }

  window.addEventListener("hashchange", show);
  dark.addEventListener("change", drawForScreen);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details.method").forEach((method) => (method.open = true));
    draw("light", PRINT_WIDTH);
  });
  window.addEventListener("afterprint", drawForScreen);
  show();
})();
