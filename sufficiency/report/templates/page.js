(function () {
  "use strict";
  document.querySelectorAll(".live").forEach(function (holder) {
    var figure = holder.closest("figure");
    var spec = JSON.parse(document.getElementById(holder.dataset.spec).textContent);
    holder.hidden = false;
    window.vegaEmbed(holder, spec, { actions: false, renderer: "svg" }).then(
      function () { figure.classList.add("drawn"); },
      function () { holder.hidden = true; }
    );
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (part) {
      part.open = true;
      part.dataset.opened = "for print";
    });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-opened]").forEach(function (part) {
      part.open = false;
      delete part.dataset.opened;
    });
  });
})();
