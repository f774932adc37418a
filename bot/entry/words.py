"""The words around numbers and codes, in the commonest languages: labels, headings, and what is written for nothing.

As text reads after ``bot.entry.characters.normalise``, whose dash for a Japanese long vowel is heeded here.
"""

from collections.abc import Mapping

NUMBER_LABELS = (
    r"(?:whats ?app|wa|phone|tele(?:phone|fono?)|tel|mob(?:ile?)?|cell(?:phone)?|handy|msisdn|number"
    r"|手机号?码?|電話番号|携帯(?:電話)?番号|电话(?:号码)?)"
)
CODE_LABELS = (
    r"(?:(?:whatsapp |verification |verify |security |sms )?(?:code|pin|otp|passcode)|verification"
    r"|验证码|驗證碼|(?:認証|確認)コ-ド)"
)
REMARKS = r"(?:mobile?|cell|home|work|office|business|main|private?|phone|whatsapp)"
"""What address books write beside a number."""

BLANKS = frozenset(
    {
        *("x", "xx", "xxx", "xxxx", "xxxxx", "xxxxxx", "tbd", "tba", "tbc", "todo", "to do", "to be done", "to follow"),
        *("to be defined", "none", "null", "nil", "nan", "n/a", "na", "unknown", "missing", "empty", "blank", "no"),
        *("no code", "no code yet", "not yet", "not available", "not received", "not yet received"),
        *("not received yet", "pending", "waiting", "later", "open", "requested"),
        *("offen", "fehlt", "keine", "keiner", "kein code", "noch nicht", "folgt"),
        *("pendiente", "falta", "ninguno", "pendente", "nenhum", "en attente", "aucun", "manquant", "in attesa"),
        *("无", "無", "暂无", "待定", "未收到", "なし", "未定"),
    }
)
"""What people write where there is no code yet, in small letters."""

HEADINGS: Mapping[str, str] = {
    "number": (
        "phonenumber phone number phoneno mobile mobilenumber mobilephone mobileno cell cellphone cellnumber tel telno "
        "telephone telephonenumber msisdn whatsapp whatsappnumber whatsappid whatsappnummer wanumber waid "
        "telefon telefonnummer rufnummer handy handynummer mobil mobilnummer telefono numero numerodetelefono celular "
        "telefone numerodetelefone numerodetelephone "
        "手机 手机号 手机号码 手機 手機號碼 电话 电话号码 電話 電話號碼 号码 電話番号 携帯電話番号 携帯番号 番号"
    ),
    "code": (
        "code verificationcode verifycode pin pincode otp otpcode passcode smscode securitycode confirmationcode "
        "whatsappcode bestatigungscode prufcode verifizierungscode codigo codigodeverificacion codigodeverificacao "
        "codedeverification codice codicediverifica "
        "验证码 驗證碼 校验码 确认码 認証コード 確認コード 検証コード コード 認証番号"
    ),
    "reason": "reason",
    "country": "country countrycode countryiso isocountry land pais pays 国 国家 國家 国名",
}
"""What a list's columns are called, apart from case, accents, spaces and punctuation."""
