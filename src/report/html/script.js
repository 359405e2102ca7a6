"use strict";
(() => {
  // So many matches are opened by a filter; more would only make the page long.
  const OPENED = 20;
  const form = document.getElementById("filters");
  const status = document.getElementById("status");
  const findings = Array.from(document.querySelectorAll(".finding"));
  const groups = Array.from(document.querySelectorAll(".cause, .follows")).map((group) => ({
    group,
    findings: Array.from(group.querySelectorAll(".finding")),
  }));
  const fields = ["q", "op", "kind", "column", "weight"].map((id) => document.getElementById(id));
  const texts = new Map();

  // What is said of a cause is said of its primary finding.
  const textOf = (finding) => {
    let text = texts.get(finding);
    if (text === undefined) {
      const cause = finding.classList.contains("primary") && finding.closest(".cause");
      const parts = cause ? [cause.firstElementChild, ...cause.querySelectorAll(":scope > .body > .pairs"), finding] : [finding];
      text = parts.map((part) => part.textContent).join(" ").toLowerCase();
      texts.set(finding, text);
    }
    return text;
  };

  const filter = () => {
    const [q, op, kind, column, weight] = fields.map((field) => field.value);
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const isFiltered = Boolean(op || kind || column || weight || words.length);
    let shown = 0;
    for (const finding of findings) {
      const data = finding.dataset;
      const fits =
        (!op || data.op === op) &&
        (!kind || data.kind === kind) &&
        (!column || data.column === column) &&
        (!weight || data.weight.split(" ").includes(weight)) &&
        (words.length === 0 || words.every((word) => textOf(finding).includes(word)));
      finding.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const { group, findings } of groups) {
      group.hidden = findings.every((finding) => finding.hidden);
      if (isFiltered && shown <= OPENED && !group.hidden) group.open = true;
    }
    status.textContent =
      (shown === findings.length ? `${shown}` : `${shown} of ${findings.length}`) +
      (findings.length === 1 ? " finding" : " findings");
  };

  const remember = () => {
    const query = new URLSearchParams();
    for (const field of fields) if (field.value) query.set(field.id, field.value);
    const text = query.toString();
    history.replaceState(null, "", text ? `#?${text}` : "#causes");
  };

  const clear = () => fields.forEach((field) => (field.value = ""));

  const fragment = () => {
    const text = location.hash.slice(1);
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  const follow = () => {
    const hash = fragment();
    if (hash.startsWith("?")) {
      if (!form) return;
      const query = new URLSearchParams(location.hash.slice(2));
      for (const field of fields) field.value = query.get(field.id) || "";
      filter();
      document.getElementById("causes").scrollIntoView();
      return;
    }
    const target = hash && document.getElementById(hash);
    if (!target) return;
    if (form && target.closest("[hidden]")) {
      clear();
      filter();
    }
    for (let details = target.closest("details"); details; details = details.parentElement.closest("details")) {
      details.open = true;
    }
    const isDetails = target.tagName === "DETAILS";
    target.scrollIntoView({ block: isDetails || target.tagName === "SECTION" ? "start" : "center" });
    const summary = isDetails && target.querySelector("summary");
    if (summary) summary.focus({ preventScroll: true });
  };

  const step = (by) => {
    const shown = Array.from(document.querySelectorAll(".cause")).filter((cause) => !cause.hidden);
    const at = shown.findIndex((cause) => cause.contains(document.activeElement));
    const next = shown[at < 0 ? 0 : at + by];
    if (next) next.querySelector("summary").focus();
  };

  if (form) {
    form.hidden = false;
    form.addEventListener("input", () => {
      filter();
      remember();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      clear();
      filter();
      remember();
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "Escape" && event.target.id === "q") event.target.blur();
      if (typing) return;
      if (event.key === "/") {
        event.preventDefault();
        fields[0].focus();
      }
      if (event.key === "j") step(1);
      if (event.key === "k") step(-1);
    });
    filter();
  }

  const copied = async (pre) => {
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        return true;
      } catch {
        // The browser may refuse; selecting the text is what is left.
      }
    }
    getSelection().selectAllChildren(pre);
    return document.execCommand("copy");
  };

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const done = await copied(button.parentElement.querySelector("pre"));
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });

  addEventListener("hashchange", follow);
  follow();
})();
