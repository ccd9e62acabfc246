(() => {
  "use strict";
  const root = document.documentElement;
  const form = document.querySelector("form");
  const pages = [...document.querySelectorAll(".page")];
  const questions = [...document.querySelectorAll("[data-question]")];
  let shown = 0;

  const isAnswered = (question) =>
    [...question.querySelectorAll("input, textarea")].some((field) =>
      field.type === "radio" ? field.checked : field.value.trim() !== "");

  function count() {
    const answered = questions.filter(isAnswered).length;
    document.querySelector("[data-answered]").textContent = String(answered);
    document.querySelector("[data-progress]").style.width = `${(100 * answered) / questions.length}%`;
  }

  function show(place, moveFocus) {
    shown = place;
    pages.forEach((page, index) => page.classList.toggle("shown", index === place));
    window.scrollTo(0, 0);
    if (moveFocus) pages[place].querySelector("h1, h2").focus({ preventScroll: true });
  }

  function speak(language) {
    root.dataset.language = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
    document.title = language === "zh" ? form.dataset.titleZh : form.dataset.titleEn;
    for (const button of document.querySelectorAll("button[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
  }

  for (const button of document.querySelectorAll("button[data-language]")) {
    button.addEventListener("click", () => speak(button.dataset.language));
  }
  for (const button of document.querySelectorAll("button[data-go]")) {
    button.addEventListener("click", () =>
      show(button.dataset.go === "first" ? 0 : shown + Number(button.dataset.go), true));
  }
  form.addEventListener("input", count);
  form.addEventListener("submit", (event) => event.preventDefault());
  root.classList.add("js");
  show(0, false);
  count();
})();
