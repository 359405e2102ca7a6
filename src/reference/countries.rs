//! The officially assigned ISO 3166-1 alpha-2 codes.

/// All 249 codes, sorted, without separators.
const CODES: &str = "\
ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ\
CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR\
GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP\
KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ\
NANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW\
SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ\
UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/// Whether a code is assigned; the codes are upper case.
pub(crate) fn is_assigned(code: &str) -> bool {
    code.len() == 2 && CODES.as_bytes().chunks_exact(2).any(|assigned| assigned == code.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assigned_codes() {
        assert_eq!(CODES.len(), 249 * 2);
        let codes: Vec<&[u8]> = CODES.as_bytes().chunks_exact(2).collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
        for code in ["US", "DE", "GB", "AX", "ZW", "SS", "BQ", "RW"] {
            assert!(is_assigned(code), "{code}");
        }
        for code in ["us", "UK", "ZZ", "XX", "EU", "AN", "XK", "U", "USA", "", "ÜS"] {
            assert!(!is_assigned(code), "{code}");
        }
    }
}
