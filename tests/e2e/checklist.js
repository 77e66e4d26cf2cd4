// What tests/e2e/checklist.py asks of a page. One object, put into every page before its own scripts run.
(() => {
  const visible = (el) => {
    const box = el.getBoundingClientRect(), style = getComputedStyle(el);
    return box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && style.display !== 'none' && !el.closest('[inert], [aria-hidden="true"]');
  };
  const main = () => document.querySelector('main#content') ?? document.querySelector('main') ?? document.body;
  const modal = () => [...document.querySelectorAll('[role="dialog"][aria-modal="true"]')].filter(visible).at(-1) ?? null;
  const words = (el) => (el?.innerText ?? '').replace(/\s+/g, ' ').trim();
  // a clock goes on between two looks at one page
  const still = (text) => text.replace(/as of .{0,24}?\d\d:\d\d(:\d\d)?/gi, 'as of #').replace(/\d+ (sec|min|hr|h|s|day)s?\.? ago|just now|now|yesterday/gi, '#')
    .replace(/in \d+ (sec|min|hr|h|s|day)s?/gi, '#').replace(/\d+(\.\d+)? (ms|s)\b/g, '#').replace(/\b\d\d:\d\d:\d\d\b/g, '#').replace(/Request \w{8,}/g, 'Request #');
  const short = (el) => {
    const name = el.getAttribute?.('aria-label') ?? words(el);
    return `${el.tagName.toLowerCase()}${el.type ? `[${el.type}]` : ''} "${name.slice(0, 40)}"`;
  };
  const skeletons = () => document.querySelectorAll('.mantine-Skeleton-root, [role="status"][aria-label="Loading"], [data-loading="true"], .mantine-Loader-root').length;

  const seen = { heading: null, content: 0 };
  const watch = () => {
    const now = performance.now();
    if (seen.heading === null && words(document.querySelector('h1')) !== '') seen.heading = now;
    if (document.querySelector('.mantine-Skeleton-root')) seen.content = now;
    if (now < 20000) requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);

  const FOCUSABLE = 'a[href], button:not([disabled]), input:not([disabled]):not([type=hidden]), select:not([disabled]), textarea:not([disabled]), [tabindex], [contenteditable="true"]';
  const focusables = () => {
    const groups = new Set();
    return [...(modal() ?? document).querySelectorAll(FOCUSABLE)].filter((el) => {
      if (el.tabIndex < 0 || !visible(el) || el.closest('.cm-panels')) return false;
      if (el.matches('[data-focus-guard], iframe')) return false;
      if (el.type === 'radio') {
        if (groups.has(el.name)) return false;
        groups.add(el.name);
      }
      return true;
    });
  };
  const ringed = (el) => {
    const on = (node, pseudo) => {
      const style = getComputedStyle(node, pseudo);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    };
    for (let node = el, up = 0; node && up < 4; node = node.parentElement, up += 1) if (on(node) || on(node, '::after') || on(node, '::before')) return true;
    return el.nextElementSibling !== null && on(el.nextElementSibling);
  };
  const named = (el) => {
    const by = (el.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => words(document.getElementById(id))).join('');
    const labels = [...(el.labels ?? [])].map((label) => label.textContent.trim()).join('');
    const inner = el.matches('input, select, textarea') ? '' : el.textContent.trim();
    const pictured = [...el.querySelectorAll('img[alt], svg[aria-label], [aria-label]')].map((n) => n.getAttribute('alt') ?? n.getAttribute('aria-label')).join('');
    return Boolean((el.getAttribute('aria-label') ?? '').trim() || by || labels || inner || pictured || el.title || (el.type === 'submit' && el.value));
  };
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const triple = (color) => {
    const parts = color.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    if (!parts || (parts[4] !== undefined && Number(parts[4]) < 1)) return null;
    return parts.slice(1, 4).map((n) => Math.round(Number(n))).join(',');
  };
  const tokens = () => {
    const found = new Set(['0,0,0', '255,255,255']);
    for (const [name, values] of document.documentElement.computedStyleMap()) {
      if (!name.startsWith('--')) continue;
      paint.fillStyle = '#010203';
      const text = String(values[0]).trim();
      paint.fillStyle = text;
      if (paint.fillStyle === '#010203' || !paint.fillStyle.startsWith('#')) continue;
      const n = parseInt(paint.fillStyle.slice(1), 16);
      found.add(`${n >> 16},${(n >> 8) & 255},${n & 255}`);
    }
    return found;
  };

  window.__checks = {
    since: () => Math.max(seen.heading ?? 99000, seen.content) / 1000,
    skeletons,
    settled: () => words(document.querySelector('h1')) !== '' && skeletons() === 0,
    state: () => ({
      h1: words(document.querySelector('h1')), title: document.title, crumb: words(document.querySelector('nav[aria-label="Breadcrumb"] [aria-current="page"]')),
      headings: document.querySelectorAll('h1').length, text: still(words(main())), drawer: still(words(modal())),
      tab: [...document.querySelectorAll('[role="tab"][aria-selected="true"]')].map(words).join(' / '),
      inputs: [...main().querySelectorAll('input:not([type=checkbox]):not([type=radio]), textarea')].map((el) => el.value).join(' | '),
    }),
    // what lies under a drawer too: it stands there before the drawer has opened
    lines: () => {
      const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), above = modal();
      while (walk.nextNode()) {
        const text = walk.currentNode.textContent.replace(/\s+/g, ' ').trim(), box = walk.currentNode.parentElement;
        if (!box || !(main().contains(box) || above?.contains(box))) continue;
        const shown = box.getBoundingClientRect().height > 0 && getComputedStyle(box).visibility !== 'hidden';
        if (text !== '' && shown && !box.closest('.fd-live, button:not([role=tab])')) out.push(still(text));
      }
      return out;
    },
    complaints: () => [...document.querySelectorAll('[role="alert"]')].filter(visible).map(words).filter((text) => text !== ''),
    blank: () => words(main()).length < 3,
    names: () => [...(modal() ?? document).querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, [role="button"], [role="combobox"], [role="checkbox"], [role="switch"]')]
      .filter((el) => visible(el) && !named(el)).map((el) => el.outerHTML.slice(0, 110)),
    tables: () => [...document.querySelectorAll('table')].filter(visible).filter((t) => {
      const heads = [...t.querySelectorAll('th')];
      return heads.length === 0 || heads.some((th) => !th.hasAttribute('scope') || (words(th) === '' && !th.textContent.trim() && !th.querySelector('[aria-label]')));
    }).map((t) => `a table with a nameless or missing header: ${[...t.querySelectorAll('th')].map((th) => th.textContent.trim()).join(' | ').slice(0, 90)}`),
    polite: () => [...document.querySelectorAll('[aria-live="polite"], [role="status"]:not([aria-live])')].filter((el) => !el.closest('[aria-label="Loading"], .cm-announced'))
      .map((el) => `${el.className.toString().slice(0, 30)} "${words(el).slice(0, 30)}"`),
    sideways: () => {
      const wide = document.documentElement.scrollWidth - window.innerWidth;
      if (wide <= 1) return null;
      const over = [...document.querySelectorAll('body *')].filter((el) => el.getBoundingClientRect().right > window.innerWidth + 1 && visible(el));
      const deepest = over.filter((el) => !over.some((other) => other !== el && el.contains(other))).slice(0, 2);
      return `${wide} px too wide: ${deepest.map(short).join(', ')} in .${deepest[0]?.parentElement?.className.toString().slice(0, 60) ?? ''}`;
    },
    targets: () => [...(modal() ?? document).querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), [role="tab"]')].filter(visible).filter((el) => {
      const label = el.labels?.[0], boxes = [el, label, el.closest('label'), el.closest('.mantine-PillsInput-input, .mantine-MultiSelect-input'), el.parentElement?.matches('.mantine-Switch-root, .mantine-Checkbox-inner, .mantine-Radio-inner') ? el.parentElement : null];
      if (el.matches('a') && ['inline'].includes(getComputedStyle(el).display) && words(el.parentElement).length > words(el).length) return false; // in a sentence
      const after = getComputedStyle(el, '::after');
      if (after.position === 'absolute' && after.inset === '0px') return false; // the whole row
      return !boxes.some((box) => { const r = box?.getBoundingClientRect(); return r && r.height >= 23.5 && r.width >= 23.5; });
    }).map((el) => { const r = el.getBoundingClientRect(); return `${short(el)} ${Math.round(r.width)}×${Math.round(r.height)}`; }),
    moving: () => document.getAnimations().filter((a) => a.playState === 'running' && Number(a.effect?.getComputedTiming().endTime ?? 0) > 50).map((a) => short(a.effect.target)),
    colours: () => {
      const known = tokens(), found = new Map();
      for (const el of document.querySelectorAll('body, body *')) {
        if (!visible(el) || el.closest('canvas, iframe, .cm-editor, [data-preview]')) continue;
        const style = getComputedStyle(el);
        const wordless = el.matches('input[type=checkbox], input[type=radio]'); // it has a box, and no text to be coloured
        for (const [what, value] of [['color', wordless ? '' : style.color], ['background', style.backgroundColor], ['border', parseFloat(style.borderTopWidth) > 0 ? style.borderTopColor : '']]) {
          const t = triple(value);
          if (t !== null && !known.has(t) && !found.has(t)) found.set(t, `${what} rgb(${t}) on ${short(el)}`);
        }
      }
      return [...found.values()];
    },
    clocks: () => {
      const out = [], walk = document.createTreeWalker(modal() ?? main(), NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const text = walk.currentNode.textContent, box = walk.currentNode.parentElement;
        if (!box || !visible(box) || box.closest('time, code, pre, .cm-editor, iframe, [title*="/"], option, [role="option"]')) continue;
        const around = words(box.parentElement);
        if (/(^|[^\d:])\d{1,2}:\d{2}(:\d{2})?($|[^\d:])/.test(text) && !/UTC|GMT|[A-Z][a-z]+\/[A-Z]|where they are|database’s time zone/.test(around)) out.push(words(box).slice(0, 70));
      }
      return out;
    },
    begin: () => {
      window.__todo = focusables();
      window.__reached = new Set();
      if (!modal()) {
        const top = document.createElement('span'); // where Tab goes on from: the very top
        top.tabIndex = -1;
        document.body.prepend(top);
        top.focus();
        top.remove();
        window.scrollTo(0, 0);
      }
      return window.__todo.length;
    },
    step: () => {
      const el = document.activeElement;
      if (!el || el === document.body) return { at: 'body' };
      const again = window.__reached.has(el), same = window.__last === el;
      window.__reached.add(el);
      window.__last = el;
      if (again) return { at: 'again', same, who: short(el) };
      const box = el.getBoundingClientRect();
      const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1), y = box.top + Math.min(box.height / 2, 40);
      const at = (left) => document.elementFromPoint(Math.min(Math.max(left, 0), innerWidth - 1), Math.min(Math.max(y, 0), innerHeight - 1));
      const out = y < -1 || y > innerHeight + 1 || box.right < 0;
      // part of it may lie under something, and a toast goes by itself
      const free = (top) => !top || el.contains(top) || top.contains(el) || el.labels?.[0]?.contains(top) || getComputedStyle(top).pointerEvents === 'none' || el.parentElement === top.parentElement || top.closest('.mantine-Notifications-root');
      const top = at(x), under = ![box.left + 8, x, box.right - 8].some((left) => free(at(left)));
      return { at: 'new', editor: el.matches('.cm-content'), who: short(el), ring: ringed(el) || el.matches('iframe'), out, under: under ? short(top) : null };
    },
    ring: () => ringed(document.activeElement),
    missed: () => window.__todo.filter((el) => el.isConnected && visible(el) && !window.__reached.has(el) && el.tabIndex >= 0
      && !(el.type === 'radio' && [...window.__reached].some((r) => r.name === el.name))).map(short),
    focus: () => (document.activeElement && document.activeElement !== document.body ? short(document.activeElement) : null),
    expanded: () => document.activeElement?.getAttribute('aria-expanded') === 'true' && document.activeElement.getAttribute('role') === 'combobox',
    open: () => modal() !== null || document.querySelector('[role="menu"]') !== null,
    leave: () => { document.querySelector('a[aria-label="Fidelia, home"]')?.click(); },
  };
})();
