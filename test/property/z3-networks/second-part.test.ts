import { part } from './part.ts'

part('second')
