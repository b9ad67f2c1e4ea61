/** Groups and what is offered to them, and who reaches what. */
export { type Cell, type Group, type Matrix, matrixOf, type Offer, type Reached } from './matrix.ts'
