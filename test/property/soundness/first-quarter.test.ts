import { quarter } from './quarter.ts'

quarter(1)
