import { describeFabric } from '../testing/fabric-suite.ts'
import { bringUpPortable } from './index.ts'

describeFabric('portable', bringUpPortable)
