import { AuditLog } from '@/kit';
import type { Program } from './model';

/** Who changed what of the program, and when. */
export function LogTab({ program }: { program: Program }) {
  return <AuditLog kind="loyalty_program" id={program.id} name="program.log" queryKey={['audit', 'program', program.id]} />;
}
