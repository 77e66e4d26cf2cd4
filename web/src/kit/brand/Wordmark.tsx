/** Two rings, the company's and the customer's; what they share is gold. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" style={{ color: 'var(--fd-brand)', flexShrink: 0 }}>
      <path fill="#DDA54E" d="M12 5.68A7 7 0 0 1 12 18.32A7 7 0 0 1 12 5.68Z" />
      <g fill="none" stroke="currentColor" strokeWidth="2"><circle cx="9" cy="12" r="7" /><circle cx="15" cy="12" r="7" /></g>
    </svg>
  );
}

export function Wordmark({ size = 20 }: { size?: number }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: size * 0.4, color: 'var(--mantine-color-text)' }}>
      <Mark size={size * 1.3} />
      <span style={{ fontSize: size, fontWeight: 650, letterSpacing: '-0.02em', lineHeight: 1 }}>fidelia</span>
    </span>
  );
}
