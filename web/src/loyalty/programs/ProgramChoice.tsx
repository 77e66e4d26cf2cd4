import { Select } from '@mantine/core';
import type { Program } from './model';

interface Props { programs: readonly Program[]; program: Program | undefined; choose: (id: string) => void; bare?: boolean }

/** Which program a page is about; there is no choice among one. */
export function ProgramChoice({ programs, program, choose, bare = false }: Props) {
  if (programs.length < 2 || !program) return null;
  return <Select aria-label="Program" {...(bare ? {} : { mb: 'sm', w: 280, maw: '100%' })} allowDeselect={false} data={programs.map((one) => ({ value: String(one.id), label: one.name }))} value={String(program.id)} onChange={(id) => { if (id) choose(id); }} />;
}
