import { MantineProvider } from '@mantine/core';
import { render } from '@testing-library/react';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolver, theme } from './theme';
import { chartControl, chartSeries } from './tokens';

type Vars = Map<string, string>;
const schemes: Record<'light' | 'dark', Vars> = { light: new Map(), dark: new Map() };

beforeAll(() => {
  render(<MantineProvider theme={theme} cssVariablesResolver={resolver} deduplicateCssVariables={false}>x</MantineProvider>);
  const css = [...document.querySelectorAll('style')].map((s) => s.textContent).join('\n');
  for (const block of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const [, selector = '', body = ''] = block;
    if (!selector.includes(':root')) continue;
    for (const scheme of ['light', 'dark'] as const) {
      const other = scheme === 'light' ? 'dark' : 'light';
      if (selector.includes(`"${other}"`)) continue;
      for (const [, name = '', value = ''] of body.matchAll(/(--[\w-]+)\s*:\s*([^;]+)/g)) schemes[scheme].set(name, value.trim());
    }
  }
});

function resolve(vars: Vars, name: string): string {
  if (name.startsWith('#')) return name;
  const value = vars.get(name) ?? '';
  const inner = /^var\((--[\w-]+)\)$/.exec(value)?.[1];
  if (inner) return resolve(vars, inner);
  if (/^#[0-9a-fA-F]{3}$/.test(value)) return `#${value.slice(1).replaceAll(/./g, '$&$&')}`;
  if (!/^#[0-9a-fA-F]{6}$/.test(value)) throw new Error(`${name} is ${value || 'not set'}`);
  return value;
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a: string, b: string): number {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

const m = (s: string) => `--mantine-color-${s}`;
const grounds = { light: ['--fd-canvas', '--fd-surface', '--fd-raised', m('body')], dark: ['--fd-canvas', '--fd-surface', '--fd-raised', m('body')] };
const tones = ['fjord', 'moss', 'marigold', 'clay', 'iris', 'plum'];
const aliases = ['blue', 'cyan', 'green', 'teal', 'lime', 'yellow', 'orange', 'red', 'violet', 'indigo', 'grape', 'pink'];

describe.each(['light', 'dark'] as const)('contrast in %s', (scheme) => {
  const check = (front: string, back: string, least: number) => {
    const vars = schemes[scheme];
    const found = ratio(resolve(vars, front), resolve(vars, back));
    expect(found, `${front} on ${back}: ${found.toFixed(2)}`).toBeGreaterThanOrEqual(least);
  };

  it('keeps words readable on every ground', () => {
    const words = [m('text'), m('dimmed'), m('placeholder'), m('anchor'), m('error'), m('success'), ...tones.map((t) => `--fd-${t}-text`)];
    for (const ground of grounds[scheme]) for (const word of words) check(word, ground, 4.5);
  });

  it('keeps control borders and the focus ring visible', () => {
    for (const ground of grounds[scheme]) for (const line of [m('default-border'), '--fd-focus']) check(line, ground, 3);
  });

  it('keeps labels readable on buttons and soft badges', () => {
    for (const c of [...tones, ...aliases]) {
      check(m('white'), m(`${c}-filled`), 4.5);
      check(m(`${c}-light-color`), m(`${c}-light`), 4.5);
      check(m(`${c}-light-color`), m(`${c}-light-hover`), 4.5);
      for (const ground of grounds[scheme]) check(m(`${c}-light-color`), ground, 4.5);
    }
    check(m('white'), m('gray-filled'), 4.5);
    check(m('gray-light-color'), m('gray-light'), 4.5);
    check('--fd-selected-text', '--fd-selected', 4.5);
    check(m('text'), '--fd-hover', 4.5);
    check(m('dimmed'), '--fd-hover', 4.5);
  });

  it('keeps chart colours at 3:1 on the surface', () => {
    for (const colour of [...chartSeries[scheme], chartControl[scheme]]) check(colour, '--fd-surface', 3);
  });
});
