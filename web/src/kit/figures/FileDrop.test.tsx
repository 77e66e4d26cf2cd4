import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { renderPage } from '@/test/render';
import { FileDrop } from './FileDrop';

const csv = { 'text/csv': ['.csv', '.tsv'] };
const file = (name: string, size = 3, type = '') => new File(['x'.repeat(size)], name, { type });

describe('a file', () => {
  it('is taken by choice and by drop', async () => {
    const onFile = vi.fn<(f: File) => void>();
    await renderPage(<FileDrop hint="CSV up to 10 bytes" accept={csv} maxBytes={10} onFile={onFile} />);
    await userEvent.upload(document.querySelector('input[type=file]')!, file('march.csv'));
    fireEvent.drop(screen.getByRole('button', { name: /Drop a file/ }), { dataTransfer: { files: [file('APRIL.TSV')] } });
    expect(onFile.mock.calls.map(([f]) => f.name)).toEqual(['march.csv', 'APRIL.TSV']);
  });
  it('is refused with the reason when it is too large or of another kind', async () => {
    const onFile = vi.fn<(f: File) => void>();
    await renderPage(<FileDrop hint="CSV up to 10 bytes" accept={csv} maxBytes={10} onFile={onFile} />);
    const button = screen.getByRole('button', { name: /Drop a file/ });
    fireEvent.drop(button, { dataTransfer: { files: [file('big.csv', 11)] } });
    expect(screen.getByRole('alert')).toHaveTextContent('big.csv is 11 bytes. The limit is 10 bytes');
    fireEvent.drop(button, { dataTransfer: { files: [file('cat.png')] } });
    expect(screen.getByRole('alert')).toHaveTextContent('cat.png is not a file this page can read');
    expect(onFile).not.toHaveBeenCalled();
  });
});
