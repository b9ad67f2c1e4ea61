/** Every enforcement point of a network, derived from its model. */
export { Derivation, derivePolicy, pointChanges } from './derivation.ts'
