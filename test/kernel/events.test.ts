import { bringUpKernel } from '../../src/lab/index.ts'
import { describeEvents } from '../../src/lab/testing/events-suite.ts'
import { describeKernel } from './requirements.ts'

describeKernel('events', () => describeEvents('kernel', bringUpKernel))
