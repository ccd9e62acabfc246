(() => {
  "use strict";
  const language = () => (location.hash.startsWith("#en") ? "en" : "zh");

  function show() {
    const edition = document.getElementById(language());
    document.documentElement.lang = edition.lang;
    document.documentElement.dataset.language = language();
    document.title = edition.dataset.title;
    const rest = location.hash.replace(/^#(zh|en)/, "");
    for (const link of document.querySelectorAll("a[data-language]")) {
      link.href = `#${link.dataset.language}${rest}`;
      link.setAttribute("aria-current", String(link.dataset.language === language()));
    }
    const place = document.getElementById(location.hash.slice(1));
    if (rest && place) place.scrollIntoView();
  }

  window.addEventListener("hashchange", show);
  show();
})();
