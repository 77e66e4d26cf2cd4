export interface EditorProblem {
  line: number;
  message: string;
  severity?: 'error' | 'warning' | 'info';
}

export interface EditorHandle {
  goTo: (line: number) => void;
  insert: (text: string) => void;
}
