/** How much something asks for attention. */
export type Tone = 'low' | 'elevated' | 'high' | 'calm' | 'accent' | 'violet';
