import { part } from './part.ts'

part('large')
