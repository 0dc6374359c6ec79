export { sampleResource } from './resource-description.ts';
export type { Sample, SampleOptions } from './start.ts';
export { startSample } from './start.ts';
