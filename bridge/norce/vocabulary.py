"""The words that an order may hold by somebody's list: currencies, types and groups of rows.

Not for: what follows from an unknown one (``rules``).
"""

_ISO_4217 = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK
    PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XDR XOF XPF XSU XUA YER
    ZAR ZMW ZWG ZWL
"""
"""Codes, with those that ended in the last years; without metals and the codes for tests and for no currency."""

_TYPE_NAMES = """
    undefined erpstandard erprefurbished refurbished freight insurance download structure invoice service standard
    donations environmentalfee packingfee license centrounding salestax freightstructure managedstructure
    managederppackage managederppackagewithcalc virtual pspgiftcard paylater giftcardpaymentplaceholder compensation
    erpextended erpstandardnostock erppackage erptempoutofstock configuration erppackagewithcalc displayonly
    accumulation structurewithoutcalc giftcertificate bid
"""
"""Names of Norce's types of articles, the deprecated ones included (``norce/connect.md`` 1.1). An open set."""

_CURRENCIES = frozenset(_ISO_4217.split())
_TYPES = frozenset(_TYPE_NAMES.split())
_VARIANTS = ("erpdownload", "erpstandard", "standard", "structure", "erppackage")
"""Deprecated types that Norce has in several forms, which the notes do not spell out."""

_GROUPS = frozenset({"undefined", "physical", "virtual", "fee", "service", "addedfee", "downloadable"})


def is_currency(code: str) -> bool:
    """Whether ISO 4217 has, or had of late, this code; in any case of letters."""
    return code.strip().upper() in _CURRENCIES


def is_known_type(name: str) -> bool:
    """Whether Norce's own list has this type of a row."""
    plain = name.strip().casefold()
    return plain in _TYPES or plain.startswith(_VARIANTS)


def is_known_group(name: str) -> bool:
    """Whether Norce's own list has this group of a row."""
    return name.strip().casefold() in _GROUPS
