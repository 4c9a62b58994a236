"""Code lists that Peppol's rules look into: countries, currencies, schemes of electronic addresses; and check digits.

Facts of ISO 3166-1, ISO 4217 and the list of electronic address schemes, as release 2026.5 of the Peppol ordering
rules has them. Not for: who has to have which number (``peppol``).
"""

import re

_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_CURRENCIES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CLF CLP CNH CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_SCHEMES = """
    0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0195 0196 0198 0199 0200
    0201 0204 0208 0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914 9915 9918
    9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942
    9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959
"""
COUNTRIES = frozenset(_COUNTRIES.split())
CURRENCIES = frozenset(_CURRENCIES.split())
SCHEMES = frozenset(_SCHEMES.split())
_NO_VAT = frozenset({"BQ", "CW", "RE", "SS", "SX"})
VAT_COUNTRIES = COUNTRIES - _NO_VAT | {"EL"}
GLN = "0088"
_DIGITS = re.compile(r"[0-9]+")
_DANISH = re.compile(r"(DK)?[0-9]{8}")
_NORWEGIAN_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


def is_gln(number: str) -> bool:
    """Whether a number of GS1 ends with its check digit."""
    if not _DIGITS.fullmatch(number) or len(number) < 2:  # noqa: PLR2004  # a digit and its check
        return False
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(number[:-1])))
    return (weighted + int(number[-1])) % 10 == 0


def is_numbered_well(scheme: str, number: str) -> bool:
    """Whether a number is one of its scheme: GLN, and the numbers of Nordic companies. Others are taken as they are."""
    match scheme:
        case "0088":
            return is_gln(number)
        case "0007":
            return len(number) == 10 and _DIGITS.fullmatch(number) is not None and _is_luhn(number)  # noqa: PLR2004
        case "0184":
            return _DANISH.fullmatch(number) is not None
        case "0192":
            return len(number) == 9 and _DIGITS.fullmatch(number) is not None and _is_norwegian(number)  # noqa: PLR2004
        case _:
            return True


def _is_luhn(number: str) -> bool:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004  # digits added up


def _is_norwegian(number: str) -> bool:
    weighted = sum(int(digit) * weight for digit, weight in zip(number, _NORWEGIAN_WEIGHTS, strict=False))
    return int(number) > 0 and (11 - weighted % 11) % 11 == int(number[-1])
