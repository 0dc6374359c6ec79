import { expect, it } from 'vitest';
import { inkOn, logo, luminance } from './logo.ts';

const STEPS = ['00', '11', '33', '55', '76', '77', '80', '99', 'bb', 'dd', 'ff'];

it('letters can be read on every colour that a tenant may have', () => {
  const ratio = (one: string, other: string): number => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const colors = STEPS.flatMap((red) => STEPS.flatMap((green) => STEPS.map((blue) => `#${red}${green}${blue}`)));
  expect(colors.filter((color) => ratio(color, inkOn(color)) < 4.5)).toEqual([]);
});

it.each([
  ['Acme', 'AC'],
  ['Acme Tools Ltd', 'AT'],
  ['  of  the (North) ', 'OT'],
  ['🦊 foxes', 'FO'],
])('a tenant without letters of its own, %s, has those of its name', async (name, letters) => {
  expect(String(await logo({}, name, 0)).replaceAll(/\s+/g, '')).toContain(`>${letters}<`);
});
