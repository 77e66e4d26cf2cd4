import {
  ActionIcon, Anchor, Badge, Button, createTheme, Drawer, Menu, Modal, Notification, Paper, rem, Table, TableTh, Text, Tooltip,
  type CSSVariablesResolver,
} from '@mantine/core';
import { colors, gray } from './tokens';

export const theme = createTheme({
  colors,
  primaryColor: 'fjord',
  primaryShade: { light: 7, dark: 6 },
  black: gray[9],
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'pointer',
  fontFamily: "'Onest Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontWeights: { regular: '400', medium: '550', bold: '650' },
  headings: {
    fontWeight: '620',
    sizes: {
      h1: { fontSize: rem(24), lineHeight: '1.3' },
      h2: { fontSize: rem(20), lineHeight: '1.35' },
      h3: { fontSize: rem(16), lineHeight: '1.45' },
      h4: { fontSize: rem(14), lineHeight: '1.5' },
    },
  },
  fontSizes: { xs: rem(12), sm: rem(14), md: rem(16), lg: rem(18), xl: rem(22) },
  spacing: { xs: rem(8), sm: rem(12), md: rem(16), lg: rem(24), xl: rem(32) },
  radius: { xs: rem(4), sm: rem(6), md: rem(10), lg: rem(14), xl: rem(20) },
  components: {
    Text: Text.extend({ defaultProps: { size: 'sm' } }),
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 'lg' } }),
    Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }),
    Badge: Badge.extend({ defaultProps: { variant: 'light', radius: 'xs', tt: 'none', fw: 550 }, vars: () => ({ root: { '--badge-fz': rem(12) } }) }),
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: 'md' } }),
    // its placeholder is a focusable child without a role, which a menu must not have
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({ defaultProps: { radius: 'lg', centered: true, overlayProps: { backgroundOpacity: 0.45 } } }),
    // toasts are closed by a button without words
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
    Drawer: Drawer.extend({ defaultProps: { position: 'right', overlayProps: { backgroundOpacity: 0.25 } } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 'xs' } }),
    // a header stands over its column; headers of rows say so themselves
    TableTh: TableTh.extend({ defaultProps: { scope: 'col' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, multiline: true, maw: 320, withArrow: true } }),
  },
});

const v = (s: string) => `var(--mantine-color-${s})`;
const k = (s: string) => `--mantine-color-${s}`;

/** Mantine's stock variables miss contrast in many pairs; these pass all pairs of contrast.test.tsx. */
export const resolver: CSSVariablesResolver = () => {
  const light: Record<string, string> = {
    [k('placeholder')]: v('gray-6'),
    [k('dimmed')]: v('gray-7'),
    [k('error')]: v('clay-7'),
    [k('success')]: v('moss-7'),
    [k('default-border')]: v('gray-5'),
    [k('gray-light')]: v('gray-2'),
    [k('gray-light-hover')]: v('gray-3'),
    '--fd-canvas': v('gray-1'),
    '--fd-surface': v('white'),
    '--fd-raised': v('white'),
    '--fd-hairline': v('gray-2'),
    '--fd-focus': v('fjord-6'),
    '--fd-selected': v('fjord-1'),
    '--fd-selected-text': v('fjord-8'),
    '--fd-hover': v('gray-1'),
    '--fd-track': v('gray-2'),
    '--fd-fill': v('fjord-7'),
    '--fd-brand': v('fjord-7'),
  };
  const dark: Record<string, string> = {
    [k('placeholder')]: v('dark-2'),
    [k('error')]: v('clay-4'),
    [k('success')]: v('moss-4'),
    [k('default-border')]: v('dark-3'),
    '--fd-canvas': v('dark-8'),
    '--fd-surface': v('dark-7'),
    '--fd-raised': v('dark-6'),
    '--fd-hairline': v('dark-5'),
    '--fd-focus': v('fjord-4'),
    '--fd-selected': v('fjord-9'),
    '--fd-selected-text': v('fjord-2'),
    '--fd-hover': v('dark-6'),
    '--fd-track': v('dark-5'),
    '--fd-fill': v('fjord-4'),
    '--fd-brand': v('fjord-4'),
  };
  for (const c of Object.keys(colors)) {
    light[k(`${c}-light-color`)] = v(`${c}-8`);
    dark[k(`${c}-light`)] = v(`${c}-9`);
    dark[k(`${c}-light-hover`)] = v(`${c}-8`);
    dark[k(`${c}-light-color`)] = v(`${c}-2`);
  }
  for (const c of ['gray', 'dark']) {
    Object.assign(dark, {
      [k(`${c}-light`)]: v('dark-5'),
      [k(`${c}-light-hover`)]: v('dark-4'),
      [k(`${c}-light-color`)]: v('dark-0'),
      [k(`${c}-text`)]: v('dark-1'),
      [k(`${c}-outline`)]: v('dark-2'),
      [k(`${c}-filled`)]: v('dark-4'),
      [k(`${c}-filled-hover`)]: v('dark-5'),
    });
  }
  for (const tone of ['moss', 'marigold', 'clay', 'iris', 'plum', 'fjord']) {
    light[`--fd-${tone}-text`] = v(`${tone}-7`);
    dark[`--fd-${tone}-text`] = v(`${tone}-4`);
  }
  return { variables: {}, light, dark };
};
