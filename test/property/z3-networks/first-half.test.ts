import { half } from './half.ts'

half(1)
