import { part } from './part.ts'

part('first')
