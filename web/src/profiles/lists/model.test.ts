import { describe, expect, it } from 'vitest';
import { linesOf, pasted, slug } from './model';

describe('names of columns', () => {
  it('are made of what people call them', () => {
    expect(slug('Area m²')).toBe('area_m2');
    expect(slug('Größe (cm)')).toBe('gro_e_cm');
    expect(slug('2nd name')).toBe('nd_name');
    expect(slug('Город')).toBe('column');
    expect(slug('id')).toBe('row_id');
    expect(slug('City', ['city', 'city_2'])).toBe('city_3');
  });
});

describe('pasted values', () => {
  it('are lines, without blanks around and without empty ones', () => {
    expect(linesOf(' Oslo, Norway \r\n\n"x"\rlast')).toEqual(['Oslo, Norway', '"x"', 'last']);
  });
  it('travel as a file without delimiter, quotes and heading', () => {
    const form = pasted(['a,b', 'c']);
    expect(JSON.parse(form.get('format') as string)).toEqual({ kind: 'csv', delimiter: '\u001f', quote: '', header: false });
    expect(form.get('file')).toBeInstanceOf(File);
  });
});
