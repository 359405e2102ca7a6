"use strict";
(() => {
  const form = document.getElementById("filters");
  const status = document.getElementById("status");
  const findings = Array.from(document.querySelectorAll(".finding"));
  const fields = ["q", "op", "kind", "column", "weight"].map((id) => document.getElementById(id));
  const texts = new Map();

  const textOf = (finding) => {
    let text = texts.get(finding);
    if (text === undefined) {
      text = finding.textContent.toLowerCase();
      texts.set(finding, text);
    }
    return text;
  };

  const filter = () => {
    const [q, op, kind, column, weight] = fields.map((field) => field.value);
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
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
    status.textContent =
      shown === findings.length ? `${shown} findings` : `${shown} of ${findings.length} findings`;
  };

  const remember = () => {
    const query = new URLSearchParams();
    for (const field of fields) if (field.value) query.set(field.id, field.value);
    const text = query.toString();
    history.replaceState(null, "", text ? `#?${text}` : "#findings");
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
      document.getElementById("findings").scrollIntoView();
      return;
    }
    const target = hash && document.getElementById(hash);
    if (!target) return;
    if (target.hidden) {
      clear();
      filter();
    }
    const details = target.closest("details");
    if (details) details.open = true;
    target.scrollIntoView({ block: details === target ? "start" : "center" });
    const summary = details === target && target.querySelector("summary");
    if (summary) summary.focus({ preventScroll: true });
  };

  const step = (by) => {
    const shown = findings.filter((finding) => !finding.hidden);
    const at = shown.findIndex((finding) => finding.contains(document.activeElement));
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

  if (navigator.clipboard) {
    for (const pre of document.querySelectorAll("pre.command")) {
      pre.title = "Click to copy";
      pre.addEventListener("click", async () => {
        if (String(getSelection())) return;
        await navigator.clipboard.writeText(pre.textContent).catch(() => {});
        pre.classList.add("copied");
        setTimeout(() => pre.classList.remove("copied"), 900);
      });
    }
  }

  addEventListener("hashchange", follow);
  follow();
})();
