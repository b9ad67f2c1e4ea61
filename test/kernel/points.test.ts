/** Every point's program says in the kernel what the evaluator says. */
import { describeAgreement } from '../../src/dataplane/testing/agreement.ts'
import { kernelEngine } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

describeKernel('points', () => describeAgreement(() => ({ engine: kernelEngine })))
