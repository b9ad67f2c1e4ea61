import { describeEvents } from '../testing/events-suite.ts'
import { bringUpPortable } from './index.ts'

describeEvents('portable', bringUpPortable)
