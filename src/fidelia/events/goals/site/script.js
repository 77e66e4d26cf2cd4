(function (settings, window, document, parts) {
  "use strict";
  var waiting = (window.fidelia && window.fidelia.q) || [];
  var base = settings.base + "/s/" + settings.key;
  var prefix = "fidelia." + settings.database + ".";
  var navigator = window.navigator;
  var queue = [];
  var timer = null;
  var page = null;
  var armed = [];

  function stored(name, value) {
    try {
      var place = window.localStorage;
      if (value === undefined) return place.getItem(prefix + name);
      if (value === null) place.removeItem(prefix + name);
      else place.setItem(prefix + name, value);
    } catch (_) { /* a browser without storage: what is sent still counts for itself */ }
    return value || null;
  }
  function random() {
    var bytes = new Uint8Array(16);
    window.crypto.getRandomValues(bytes);
    return Array.prototype.map.call(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join("");
  }
  function refused() {
    if (stored("out") === "1") return true;
    var asked = navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl === true;
    return settings.privacy && asked;
  }
  function visitor() {
    var known = stored("visitor") || (page && page.visitor) || random();
    stored("visitor", known);
    return known;
  }
  function message() {
    var kept = (stored("message") || "").split(" ");
    if (kept.length === 2 && Date.now() - Number(kept[1]) < 30 * 864e5) return kept[0];
    return "";
  }
  // The token leaves the address bar, so that a link that is passed on does not carry it.
  function landed() {
    var found = /[?&]fm=([\w-]{16,64})(?=&|#|$)/.exec(window.location.href);
    if (!found) return;
    stored("message", found[1] + " " + Date.now());
    page_message = found[1];
    try {
      var clean = window.location.href.replace(/([?&])fm=[\w-]+(&?)/, function (_, head, tail) {
        return tail ? head : "";
      });
      plain.call(window.history, window.history.state, "", clean);
    } catch (_) { /* an address that cannot be changed is left as it is */ }
  }
  var page_message = "";
  var plain = window.history.replaceState;

  function send() {
    clearTimeout(timer);
    timer = null;
    if (!queue.length || refused()) { queue = []; return; }
    var events = queue.splice(0, 20);
    var now = Date.now();
    var body = JSON.stringify({
      visitor: page.visitor, user: stored("user") || "", message: message() || page_message,
      events: events.map(function (e) {
        return { kind: e.kind, id: e.id, age: Math.max(0, now - e.at), data: e.data };
      })
    });
    if (body.length > 6e4) return;
    var again = function () {
      events.forEach(function (e) { e.tries = (e.tries || 0) + 1; });
      queue = events.filter(function (e) { return e.tries < 4; }).concat(queue);
      if (queue.length && !timer) timer = setTimeout(send, 3000);
    };
    window.fetch(base + "/events", {
      method: "POST", body: body, keepalive: true, mode: "no-cors", credentials: "omit"
    }).catch(again);
    if (queue.length) later();
  }
  function later() { if (!timer) timer = setTimeout(send, 150); }
  function add(kind, data) {
    if (refused()) return;
    queue.push({ kind: kind, id: random(), at: Date.now(), data: data });
    later();
  }
  function address() { return window.location.href.slice(0, 2000); }

  var api = {
    page: function (properties) {
      begin();
      add("page", {
        url: address(), path: window.location.pathname, title: document.title.slice(0, 300),
        referrer: (document.referrer || "").slice(0, 2000), properties: properties || {}
      });
    },
    goal: function (goal, value, properties) {
      add("goal", {
        goal: String(goal), value: value === undefined ? null : value, url: address(), properties: properties || {}
      });
    },
    identify: function (user, traits) {
      if (refused()) return;
      if (user !== null && user !== undefined && user !== "") stored("user", String(user));
      add("identify", { traits: traits || {} });
    },
    reset: function () { stored("user", null); stored("visitor", null); stored("message", null); begin(); },
    optOut: function () {
      queue = [];
      ["user", "visitor", "message"].forEach(function (name) { stored(name, null); });
      stored("out", "1");
    },
    optIn: function () { stored("out", null); begin(); },
    message: function () { return refused() ? "" : message() || page_message; }
  };

  // Goals that are declared: armed anew on each page, reached once a page.
  function begin() {
    armed.forEach(clearTimeout);
    armed = [];
    if (refused()) return;
    page = { visitor: (page && page.visitor) || "", done: {} };
    page.visitor = visitor();
    settings.goals.forEach(function (goal) {
      goal.conditions.forEach(function (c) {
        if (c.contains && address().toLowerCase().indexOf(c.contains.toLowerCase()) < 0) return;
        if (c.when === "address") reach(goal);
        if (c.when === "seconds") armed.push(setTimeout(function () { reach(goal); }, c.seconds * 1000));
      });
    });
    scrolled();
  }
  function reach(goal) {
    if (!page || page.done[goal.key]) return;
    page.done[goal.key] = true;
    api.goal(goal.key);
  }
  function each(when, fits) {
    if (!page || refused()) return;
    settings.goals.forEach(function (goal) {
      goal.conditions.forEach(function (c) {
        if (c.when !== when) return;
        if (c.contains && address().toLowerCase().indexOf(c.contains.toLowerCase()) < 0) return;
        if (fits(c)) reach(goal);
      });
    });
  }
  function scrolled() {
    var root = document.documentElement;
    if (!(window.scrollY > 0)) return; // a page that nobody has moved was not scrolled
    var seen = (window.scrollY + window.innerHeight) / Math.max(1, root.scrollHeight) * 100;
    each("scroll", function (c) { return seen + 0.5 >= c.percent; });
  }
  function clicked(event) {
    var target = event.target;
    each("click", function (c) {
      try { return !!(target && target.closest && target.closest(c.selector)); } catch (_) { return false; }
    });
  }

  window.addEventListener("scroll", scrolled, { passive: true });
  document.addEventListener("click", clicked, true);
  window.addEventListener("pagehide", send);
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") send(); });
  var last = window.location.pathname + window.location.search;
  function moved() {
    var here = window.location.pathname + window.location.search;
    if (here !== last) { last = here; api.page(); }
  }
  ["pushState", "replaceState"].forEach(function (name) {
    var own = window.history[name];
    window.history[name] = function () { var out = own.apply(this, arguments); setTimeout(moved, 0); return out; };
  });
  window.addEventListener("popstate", function () { setTimeout(moved, 0); });

  parts.forEach(function (part) { part(api, settings, refused); });
  window.fidelia = api;
  if (!refused()) landed();
  last = window.location.pathname + window.location.search;
  api.page();
  waiting.forEach(function (call) { if (api[call[0]]) api[call[0]].apply(api, call[1]); });
})
