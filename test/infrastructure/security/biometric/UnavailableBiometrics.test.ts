import * as UnavailableBiometrics from "../../../../src/infrastructure/security/biometric/UnavailableBiometrics.ts"
import * as BiometricsContract from "../../../../src/testing/contract/BiometricsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(BiometricsContract.contract, "unavailable", UnavailableBiometrics.layer("UnsupportedPlatform"))
