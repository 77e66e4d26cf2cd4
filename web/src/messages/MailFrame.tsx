import { Box } from '@mantine/core';

/**
 * Somebody else's HTML, shown without trusting it: no scripts, no forms, no way to the page around it.
 * With `links`, a click opens a new tab, as in a mail program.
 */
export function MailFrame({ html, title, width, dark = false, links = false, height = 560 }: { html: string; title: string; width?: number; dark?: boolean; links?: boolean; height?: number }) {
  const base = links ? '<base target="_blank">' : '';
  return (
    <Box {...(width === undefined ? {} : { tabIndex: 0, role: 'group', 'aria-label': `${title}, ${width} pixels wide` })} style={{ overflowX: 'auto', background: dark ? '#0F1618' : '#FFFFFF', border: '1px solid var(--fd-hairline)', borderRadius: 6 }}>
      <iframe title={title} srcDoc={`${base}${html}`} sandbox={links ? 'allow-popups allow-popups-to-escape-sandbox' : ''} referrerPolicy="no-referrer"
        style={{ display: 'block', width: width ?? '100%', maxWidth: width ? undefined : '100%', height, border: 0, margin: '0 auto', background: dark ? '#0F1618' : '#FFFFFF', colorScheme: dark ? 'dark' : 'light' }} />
    </Box>
  );
}
