import { Popover, Text, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';

/** A term with a dotted underline that explains itself on click or tap. */
export function Term({ children, meaning }: { children: ReactNode; meaning: string }) {
  return (
    <Popover width={280} shadow="md" withArrow>
      <Popover.Target>
        <UnstyledButton component="button" type="button" style={{ display: 'inline', paddingBlock: 4, font: 'inherit', color: 'inherit', textDecoration: 'underline dotted', textUnderlineOffset: 3 }}>{children}</UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown><Text>{meaning}</Text></Popover.Dropdown>
    </Popover>
  );
}
