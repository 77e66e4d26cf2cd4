function (api, settings, refused) {
  // Content of slots: <div data-fidelia-slot="hero"></div>. What comes runs nothing: it is put into a frame whose
  // sandbox allows no scripts; the frame is of this page's origin so that its height can be measured.
  var base = settings.base + "/s/" + settings.key + "/slots";
  var fresh = 9 * 6e4;
  var parts = [];
  var signed = null;
  var asked = 0;
  var timer = null;

  function visitor() {
    if (signed !== null) return signed;
    var at = document.querySelector("[data-fidelia-visitor]");
    return (at && at.getAttribute("data-fidelia-visitor")) || "";
  }
  function tell(told) {
    if (!told.length) return;
    window.fetch(base + "/told", {
      method: "POST", body: JSON.stringify({ told: told }), keepalive: true, mode: "no-cors", credentials: "omit"
    }).catch(function () { /* what was not told was not counted */ });
  }
  function empty(part) {
    clearTimeout(part.waiting);
    if (part.watch) part.watch.disconnect();
    if (part.sizes) part.sizes.disconnect();
    if (part.host && part.host.parentNode) part.host.parentNode.removeChild(part.host);
    part.own.forEach(function (node) { part.element.appendChild(node); });
    part.own = [];
    part.host = part.watch = part.sizes = part.waiting = null;
    part.token = "";
  }
  function left(part) { return part.token && !part.shown ? [{ token: part.token, what: "unseen" }] : []; }

  // Seen: at least half of it, or half of the window, for a second, on a page that somebody looks at.
  function look(part) {
    clearTimeout(part.waiting);
    if (!part.token || part.shown || !part.visible || document.visibilityState !== "visible") return;
    if (Date.now() - part.at > fresh) { fill([part]); return; }
    part.waiting = setTimeout(function () {
      part.shown = true;
      tell([{ token: part.token, what: "shown" }]);
    }, 1000);
  }
  function sized(part, frame) {
    var page = frame.contentDocument && frame.contentDocument.documentElement;
    if (!page) return;
    var fit = function () {
      var height = Math.min(page.offsetHeight, 2e4) + "px";
      if (frame.style.height === height) return;
      frame.style.height = height;
      // how much of it is seen is asked anew: from nothing to all of it is no change for who watches
      if (part.watch) { part.watch.disconnect(); part.watch.observe(part.host); }
    };
    fit();
    if (window.ResizeObserver) { part.sizes = new window.ResizeObserver(fit); part.sizes.observe(page); }
  }
  function put(part, content) {
    empty(part);
    while (part.element.firstChild) part.own.push(part.element.removeChild(part.element.firstChild));
    var host = part.host = document.createElement("div");
    var root = host.attachShadow ? host.attachShadow({ mode: "open" }) : host;
    var frame = document.createElement("iframe");
    frame.setAttribute("sandbox",
      "allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation");
    frame.title = part.element.getAttribute("aria-label") || part.key;
    frame.style.cssText = "display:block;width:100%;height:0;border:0;background:transparent";
    frame.onload = function () { sized(part, frame); };
    frame.srcdoc = content.html;
    host.style.cssText = "position:relative";
    root.appendChild(frame);
    part.token = content.token;
    part.shown = part.visible = false;
    part.at = Date.now();
    if (content.closable) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = "\u00d7";
      button.setAttribute("aria-label", part.element.getAttribute("data-fidelia-close") || "Close");
      button.style.cssText = "position:absolute;top:8px;right:8px;width:32px;height:32px;padding:0;border:0;" +
        "border-radius:16px;background:rgba(0,0,0,.6);color:#fff;font:20px/32px sans-serif;cursor:pointer";
      button.onclick = function () { closed(part); };
      root.appendChild(button);
    }
    part.element.appendChild(host);
    if (!part.token || !window.IntersectionObserver) return;
    part.watch = new window.IntersectionObserver(function (all) {
      var seen = all[all.length - 1];
      var before = part.visible;
      part.visible = seen.isIntersecting && seen.boundingClientRect.height > 0 &&
        (seen.intersectionRatio >= 0.5 || seen.intersectionRect.height >= window.innerHeight / 2);
      if (part.visible !== before) look(part);
    }, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1] });
    part.watch.observe(host);
  }
  function closed(part) {
    var token = part.token;
    if (!token) { empty(part); return; }
    var told = part.shown ? [] : [{ token: token, what: "shown" }];
    tell(told.concat({ token: token, what: "closed" }));
    parts.forEach(function (other) { if (other.token === token) empty(other); });
  }

  function fill(some) {
    var mine = ++asked;
    tell([].concat.apply([], some.map(left)));
    some.forEach(function (part) { part.asked = mine; part.token = ""; clearTimeout(part.waiting); });
    var keys = some.map(function (part) { return part.key; });
    if (!keys.length) return;
    var known = refused() ? ["", ""] : [visitor(), api.message()];
    window.fetch(base, {
      method: "POST", mode: "cors", credentials: "omit",
      body: JSON.stringify({ slots: keys, visitor: known[0], message: known[1] })
    }).then(function (reply) { return reply.json(); }).then(function (reply) {
      some.forEach(function (part) {
        var content = reply.slots[part.key];
        if (part.asked !== mine) {
          if (content && content.token) tell([{ token: content.token, what: "unseen" }]);
          return;
        }
        if (content) put(part, content); else empty(part);
      });
    }).catch(function () { some.forEach(function (part) { if (part.asked === mine) empty(part); }); });
  }
  function found() {
    parts = parts.filter(function (part) {
      if (part.element.isConnected) return true;
      tell(left(part));
      clearTimeout(part.waiting);
      return false;
    });
    var fresh_ones = [];
    Array.prototype.forEach.call(document.querySelectorAll("[data-fidelia-slot]"), function (element) {
      if (parts.some(function (part) { return part.element === element; })) return;
      fresh_ones.push({ element: element, key: element.getAttribute("data-fidelia-slot"), own: [], token: "" });
    });
    parts = parts.concat(fresh_ones);
    fill(fresh_ones);
  }
  function soon() { if (!timer) timer = setTimeout(function () { timer = null; found(); }, 50); }

  api.slots = function () { var before = parts; found(); fill(before.filter(function (part) { return part.element.isConnected; })); };
  api.visitor = function (text) { signed = text ? String(text) : ""; if (parts.length) fill(parts); };
  window.addEventListener("pagehide", function () {
    tell([].concat.apply([], parts.map(left)));
    parts.forEach(function (part) { if (!part.shown) part.token = ""; });
  });
  window.addEventListener("pageshow", function (event) { if (event.persisted) fill(parts); });
  document.addEventListener("visibilitychange", function () { parts.forEach(look); });
  new window.MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", soon); else soon();
}
