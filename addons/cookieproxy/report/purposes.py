"""What a cookie is for, by its name, where the name is well known (R10).

A guess for people who write an inventory, never a reason to change anything. The table is our own, from what frameworks and vendors
say of their cookies; what is not in it is unknown.
"""

import re
from enum import StrEnum
from functools import lru_cache

from ..rules.patterns import glob_to_regex

MOST_CHARACTERS = 256
"""Longer names are not looked up."""


class Purpose(StrEnum):
    """The categories that auditors use."""

    SESSION = "session"
    CSRF = "csrf"
    CONSENT = "consent"
    BALANCING = "load balancing"
    PROTECTION = "bot protection"
    PREFERENCES = "preferences"
    ANALYTICS = "analytics"
    ADVERTISING = "advertising"
    UNKNOWN = "unknown"


_NAMES: dict[Purpose, str] = {
    Purpose.SESSION: """phpsessid jsessionid asp.net_sessionid .aspxauth .aspxanonymous .aspnetcore.session .aspnetcore.cookies*
        .aspnetcore.identity.* aspsessionid* cfid cftoken connect.sid laravel_session ci_session cakephp symfony sessionid session
        session_id sess sid sessid sess_id *_session _*_session_id session-id token auth_token access_token refresh_token
        remember_token remember_me remember_user_token remember_web_* wordpress_logged_in_* wordpress_sec_* wp-settings-*
        ssess* sess????????????????????????????????
        frontend adminhtml fe_typo_user be_typo_user moodlesession* drupal.session mediawiki*session *session
        *wikisession *wiki*userid *wiki*token kc_restart keycloak_session keycloak_identity auth_session_id next-auth.session-token
        authjs.session-token supabase-auth-token sb-*-auth-token*""",
    Purpose.CSRF: """csrftoken csrf_token csrf _csrf _csrf_token csrf-token xsrf-token _xsrf xsrf_token x-xsrf-token
        __requestverificationtoken* .aspnetcore.antiforgery.* anticsrf* next-auth.csrf-token authjs.csrf-token form_key""",
    Purpose.CONSENT: """optanonconsent optanonalertboxclosed cookieconsent cookieconsent_status cookie_consent cookie-consent
        cookie_notice_accepted cookielawinfo-* viewed_cookie_policy euconsent euconsent-v2 didomi_token usprivacy gpp_* __cmp*
        borlabs-cookie complianz_* cmplz_* tarteaucitron klaro eupubconsent* consent cky-consent cookiehub notice_gdpr_prefs
        notice_preferences cmapi_* real_cookie_banner* usercentrics*""",
    Purpose.BALANCING: """awsalb awsalbcors awselb awselbcors awsalbtg awsalbtgcors serverid srv srvid srv_id bigipserver* route
        arraffinity arraffinitysamesite lb lbcookie jroute ingresscookie traffic_target gclb citrix_ns_id* nsc_* applicationgateway*
        balancer*""",
    Purpose.PROTECTION: """__cf_bm cf_clearance __cfruid _cfuvid __cflb ak_bmsc bm_sv bm_sz bm_mi bm_so _abck
        incap_ses_* visid_incap_* nlbi_* reese84 datadome _px* _pxvid _pxhd ts0* _grecaptcha kasada* aws-waf-token""",
    Purpose.PREFERENCES: """lang language locale locale_* i18n i18next django_language nuxt-i18n* wp-wpml_current_language
        pll_language theme color_mode color-scheme darkmode dark_mode timezone tz currency country region pref prefs preferences
        settings skin font* layout *_lang""",
    Purpose.ANALYTICS: """_ga _ga_* _gid _gat* _utm* __utm* _gac_* amp_* amplitude_* mp_*_mixpanel _pk_id* _pk_ses* _pk_ref*
        matomo_* piwik_* _hj* _clck _clsk clid s_cc s_sq s_vi s_fid s_ecid amcv_* amcvs_* at_check _vwo* _vis_opt_*
        optimizely* ajs_* __hstc __hssc __hssrc hubspotutk _shopify_s _shopify_y ph_*_posthog _sp_id* _sp_ses* nmstat sc_at_*
        _dd_s plausible_* yandexuid _ym_* ym_* _parsely* _cb _chartbeat* __qca _schn* wt3_* wteid* et_* ioam* kampyle* mf_*
        _lc2_fpi""",
    Purpose.ADVERTISING: """ide dsid test_cookie nid 1p_jar aid anid __gads __gpi __eoi _gcl_* fpgclaw* fr _fbp _fbc datr muid muidb
        anonchk _uet* uuid2 anj sess_adnxs tdid tdcpm cto_* uid_criteo criteo_* _pin_unauth _pinterest_* _scid* _sctr sc_at
        _ttp _tt_* ttwid personalization_id guest_id guest_id_ads guest_id_marketing muc_ads bcookie bscookie li_* lidc
        usermatchhistory analyticssyncheader _rdt_uuid khaos rubicon* demdex dpm dextp everest_* visitor_info1_live
        ysc vuid __adroll* _ad_id a3 gdn* obuid t_gid taboola* outbrain* yieldmo_* ab_criteo id5* _pubcid* panoramaid* sharedid*
        __bs_id tuuid* i_uid pubmatic* krtbcookie* pugt zync-uuid""",
}
"""Names and globs, in lower case; the first that fits in this order counts."""
_PREFIXES = re.compile(r"\A__(?:Host|Secure|Http|Host-Http)-", re.IGNORECASE)


def _alternatives(globs: str) -> str:
    return "|".join(f"(?:{glob_to_regex(glob)})" for glob in globs.split())


_PATTERNS = {purpose: re.compile(_alternatives(globs), re.DOTALL) for purpose, globs in _NAMES.items()}


@lru_cache(4096)
def purpose_of(name: str) -> Purpose:
    """What a cookie of that name is for.

    >>> str(purpose_of("_ga_4XJ"))
    'analytics'
    """
    if len(name) > MOST_CHARACTERS:
        return Purpose.UNKNOWN
    plain = _PREFIXES.sub("", name).lower()
    return next((purpose for purpose, pattern in _PATTERNS.items() if pattern.match(plain)), Purpose.UNKNOWN)
