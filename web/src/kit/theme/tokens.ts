import type { MantineColorsTuple } from '@mantine/core';

/** One contrast ladder: equal index means equal contrast on white, whatever the hue. */
const ramp = (steps: string): MantineColorsTuple => steps.split(' ') as unknown as MantineColorsTuple;

export const fjord = ramp('#F2FBFC #DCF3F7 #BBE6EF #92D4E1 #61BCCD #399FB2 #0C8192 #046D7C #005763 #034049');
export const moss = ramp('#F3FBF4 #DFF4E3 #C1E9C8 #9BD7A7 #71C083 #4FA464 #308549 #23703A #195A2D #124221');
export const marigold = ramp('#FFF8F0 #FCEDD7 #F8DBB2 #EDC284 #DDA54E #C18821 #9E6B06 #855A00 #6B4802 #503401');
export const clay = ramp('#FFF8F6 #FEEBE7 #FED6CE #FFB8AB #FF907F #EA6C5A #C64E3E #AA3F31 #8A3025 #67231A');
export const iris = ramp('#F8F9FE #EBEEFF #D8DDFE #C0C5FE #A2A8FF #8589EF #696BCC #5859AF #46468F #33346A');
export const plum = ramp('#FEF7FB #FFE9F4 #FED3EA #FAB5DB #EB94C6 #CF75AA #AD588B #944875 #78395F #592945');
export const gray = ramp('#FAFAF7 #F4F4F1 #E8E8E4 #D8DAD5 #BFC4C0 #808887 #636B6C #4B5456 #323B3D #192225');
export const dark = ramp('#E3E9E9 #C8CFD0 #A2ABAD #808A8C #3C4648 #2B3537 #21292C #171F21 #0F1618 #090E10');

/** Aliases keep Mantine's stock colours from leaking in. */
export const colors = {
  fjord, moss, marigold, clay, iris, plum, gray, dark,
  blue: fjord, cyan: fjord,
  green: moss, teal: moss, lime: moss,
  yellow: marigold, orange: marigold,
  red: clay,
  violet: iris, indigo: iris,
  grape: plum, pink: plum,
};

/** What a colour says. Pages choose a tone, never a colour. */
export type Tone = 'fjord' | 'moss' | 'marigold' | 'clay' | 'iris' | 'plum' | 'gray';

/** Chart series on *surface*; six at most, then "Other". */
export const chartSeries = {
  light: ['#046D7C', '#D77707', '#4A3893', '#A53322', '#689F80', '#AE69C2'],
  dark: ['#61BCCD', '#F1B73A', '#9487F1', '#EF754D', '#99ECB0', '#B75E92'],
} as const;

/** The control group and "Other": grey, dashed, labelled. */
export const chartControl = { light: '#808887', dark: '#808A8C' } as const;
