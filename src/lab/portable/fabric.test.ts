import { describeFabric } from '../testing/fabric-suite.ts'
import { describeUpdate } from '../testing/update-suite.ts'
import { bringUpPortable } from './index.ts'

describeFabric('portable', bringUpPortable)

describeUpdate('portable', bringUpPortable)
