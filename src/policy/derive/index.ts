/** Every enforcement point of a network, derived from its model. */
export { Derivation, derivePolicy, type PointChange, pointChanges } from './derivation.ts'
