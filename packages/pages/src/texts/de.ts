import type { Language } from './language.ts'

/** What the pages say, in German. */
export const de: Language = {
  sentences: {
    problemTitle: 'Problem: {title}',
    continue: 'Weiter',
    cancel: 'Abbrechen',

    signIn: 'Anmelden',
    signInTo: 'um fortzufahren mit {name}',
    email: 'E-Mail-Adresse',
    password: 'Passwort',

    unchecked:
      'Diese Anwendung hat hier niemand geprüft. Fahren Sie nur fort, wenn Sie selbst von {host} gekommen sind.',
    uncheckedNowhere:
      'Diese Anwendung hat hier niemand geprüft. Fahren Sie nur fort, wenn Sie selbst von dort gekommen sind.',
    privacyPolicy: 'Datenschutzerklärung',
    termsOfService: 'Nutzungsbedingungen',
    seeBoth: 'Siehe {policy} und {terms} von {client}.',
    seePolicy: 'Siehe {policy} von {client}.',
    seeTerms: 'Siehe {terms} von {client}.',

    allowAccess: 'Zugriff erlauben',
    allowQuestion: 'Darf {client} Ihr Konto nutzen?',
    continueQuestion: 'Weiter zu {client}?',
    willBeTold: 'Die Anwendung erfährt, wer Sie sind: Ihren Namen, Ihre E-Mail-Adresse und Ihr Bild.',
    willBeAble: '{client} wird Folgendes können',
    alreadyAllowed: 'Bereits erlaubt',
    compareCode: 'Vergleichen Sie diesen Code mit dem auf dem Gerät:',
    compareWarning:
      'Wenn Ihnen jemand den Code geschickt hat oder er ein anderer ist, wählen Sie „Ablehnen“: Sonst nutzt diese Person Ihr Konto.',
    lastsFor:
      'Das gilt bis zu {time} nach Ihrer Anmeldung oder bis Sie es auf der Seite Ihres Kontos entfernen.',
    lasts: 'Das gilt, bis Sie es auf der Seite Ihres Kontos entfernen.',
    returnsTo: 'Ihr Browser kehrt dann zu {host} zurück.',
    anotherAccount: 'Anderes Konto verwenden',
    allow: 'Erlauben',
    deny: 'Ablehnen',
    useResource: '{resource} nutzen',

    connectDevice: 'Gerät verbinden',
    enterCode: 'Geben Sie den Code ein, den Ihr Gerät anzeigt.',
    confirmCode: 'Ist das der Code, den Ihr Gerät anzeigt?',
    code: 'Code',
    sentCode:
      'Hat Ihnen jemand diesen Code geschickt? Dann schließen Sie diese Seite: Diese Person könnte sonst Ihr Konto nutzen.',

    signOut: 'Abmelden',
    signOutQuestion: 'Möchten Sie sich abmelden?',
    clientSignsOut: '{client} möchte Sie in diesem Browser von {application} abmelden.',
    signsOut: 'Damit werden Sie in diesem Browser von {application} abgemeldet.',
    staySignedIn: 'Angemeldet bleiben',

    signedOutTitle: 'Sie sind abgemeldet',
    signedOut: 'Sie können diese Seite schließen.',
    stillSignedInTitle: 'Sie sind noch angemeldet',
    stillSignedIn: 'Es hat sich nichts geändert. Sie können diese Seite schließen.',
    deviceConnectedTitle: 'Ihr Gerät ist verbunden',
    deviceConnected: '{name} macht von selbst weiter. Sie können zu Ihrem Gerät zurückkehren.',
    deviceRefusedTitle: 'Es wurde nichts verbunden',
    deviceRefused: '{name} hat keinen Zugriff auf Ihr Konto bekommen. Sie können diese Seite schließen.',
    theDevice: 'Das Gerät',

    yourAccount: 'Ihr Konto',
    accessRemoved: 'Der Zugriff ist entfernt.',
    scopeRemoved: 'Die Anwendung kann das nicht mehr. Sie muss Sie neu fragen.',
    signedOutElsewhere: 'Dort abgemeldet.',
    applications: 'Anwendungen mit Zugriff',
    noApplications: 'Keine Anwendung darf Ihr Konto nutzen.',
    since: 'Seit {date}',
    remove: 'Entfernen',
    removeAccess: 'Zugriff entfernen',
    whereSignedIn: 'Wo Sie angemeldet sind',
    thisBrowser: 'Dieser Browser',
    unknownBrowser: 'Unbekannter Browser',
    browserOn: '{browser} auf {system}',
    signOutThere: 'Dort abmelden',
    signOutElsewhere: 'Überall sonst abmelden',

    returningTo: 'Zurück zu {host}',
    ifNothingHappens: 'Wenn nichts geschieht, wählen Sie „Weiter“.',

    notFound: 'Diese Seite gibt es nicht',
    tooManyAttempts: 'Zu viele Versuche',
    wentWrong: 'Etwas ist schiefgegangen',
    cannotContinue: 'Hier geht es nicht weiter',
    uncheckedReturn:
      'Eine Anwendung, die hier niemand geprüft hat, hat Sie geschickt. Nur wenn Sie selbst von dort gekommen sind:',
    returnTo: 'Zurück zu {host}',
    errorCode: 'Code',
    errorRequest: 'Anfrage',
  },

  scopes: {
    identity: 'Ihren Namen, Ihre E-Mail-Adresse und Ihr Bild sehen',
    userinfo:
      'Ihr Geburtsdatum, Geschlecht, Ihre zweite E-Mail-Adresse, Ihr Land und Ihre sozialen Profile sehen',
    useraddresses: 'Ihre Adressen sehen, hinzufügen, ändern und löschen',
    openid: 'Wissen, wer Sie sind',
    profile: 'Ihren Namen, Ihr Bild, Geburtsdatum, Geschlecht und Ihre Sprache sehen',
    email: 'Ihre E-Mail-Adresse sehen',
    address: 'Ihre Postanschrift sehen',
    phone: 'Ihre Telefonnummer sehen',
    offline_access: 'Diesen Zugriff behalten, während Sie nicht da sind',
    'manage:read': 'Verbrauch, Grenzen, Protokolle und Rechnungen Ihrer Arbeitsbereiche sehen',
    manage:
      'Die Grenzen Ihrer Arbeitsbereiche sehen und ändern, und deren Verbrauch, Protokolle und Rechnungen sehen',
  },

  claims: {
    name: 'Ihren Namen sehen',
    family_name: 'Ihren Nachnamen sehen',
    given_name: 'Ihren Vornamen sehen',
    picture: 'Ihr Bild sehen',
    gender: 'Ihr Geschlecht sehen',
    birthdate: 'Ihr Geburtsdatum sehen',
    locale: 'Ihre Sprache sehen',
    updated_at: 'Sehen, wann Ihr Konto zuletzt geändert wurde',
    email: 'Ihre E-Mail-Adresse sehen',
    email_verified: 'Sehen, ob Ihre E-Mail-Adresse bestätigt ist',
    address: 'Ihre Postanschrift sehen',
    phone_number: 'Ihre Telefonnummer sehen',
    phone_number_verified: 'Sehen, ob Ihre Telefonnummer bestätigt ist',
  },

  problems: {
    credentials_missing: 'Geben Sie Ihre E-Mail-Adresse und Ihr Passwort ein.',
    credentials_wrong: 'Die E-Mail-Adresse oder das Passwort ist falsch.',
    another_account_expected:
      'Die Anwendung erwartet ein anderes Konto als das, mit dem Sie hier angemeldet sind. Melden Sie sich mit dem an, das Sie dort verwenden.',
    user_code_malformed: 'Ein Code hat acht Buchstaben.',
    user_code_unknown: 'Dieser Code ist nicht bekannt oder abgelaufen. Sehen Sie noch einmal auf das Gerät.',
    too_many_attempts:
      'Hier sind zu viele Versuche fehlgeschlagen. Warten Sie etwas, und versuchen Sie es dann noch einmal.',
    too_busy: 'Im Moment melden sich zu viele Personen an. Versuchen Sie es in einigen Sekunden noch einmal.',
    access_denied:
      'Sie haben die Anmeldung nicht erlaubt, also wurde nichts mitgeteilt. Sie können diese Seite schließen.',
    login_expired:
      'Die Anmeldung hat zu lange gedauert und ist abgelaufen. Gehen Sie zurück zur Anwendung oder zu Ihrem Gerät, und beginnen Sie von vorn.',
    user_not_allowed: 'Diese Anwendung ist nur für Testnutzer. Melden Sie sich als Testnutzer an.',
    login_not_possible: 'Diese Anwendung darf im Moment niemanden anmelden. Sagen Sie es ihrem Betreiber.',
    unknown_error: 'Mehr ist über diesen Fehler nicht zu sagen.',
    interaction_gone:
      'Diese Anmeldung ist beendet oder abgelaufen. Gehen Sie zurück zur Anwendung oder zu Ihrem Gerät; wenn dort noch auf Sie gewartet wird, beginnen Sie von vorn.',
    csrf_failed:
      'Dieses Formular kam nicht von seiner eigenen Seite, oder Cookies sind gesperrt. Erlauben Sie Cookies, gehen Sie zurück, und versuchen Sie es noch einmal.',
    invalid_client: 'Die Anwendung, die Sie geschickt hat, ist nicht bekannt. Sagen Sie es ihrem Betreiber.',
    invalid_redirect_uri:
      'Die Anwendung möchte, dass Sie zu einer Adresse zurückkehren, die für sie nicht registriert ist. Sagen Sie es ihrem Betreiber.',
    invalid_request:
      'Die Anwendung, die Sie geschickt hat, hat sich nicht richtig ausgedrückt. Sagen Sie es ihrem Betreiber.',
    invalid_request_uri:
      'Die Anfrage der Anwendung ist nicht bekannt, schon benutzt oder abgelaufen. Gehen Sie zurück zur Anwendung, und beginnen Sie von vorn.',
    method_not_allowed:
      'So lässt sich diese Seite nicht aufrufen. Gehen Sie zurück, und beginnen Sie von vorn.',
    unsupported_media_type:
      'Das Formular kam in einer Form an, die hier niemand liest. Gehen Sie zurück, und versuchen Sie es noch einmal.',
    malformed_body: 'Das Formular war nicht zu lesen. Gehen Sie zurück, und versuchen Sie es noch einmal.',
    body_too_large: 'Das Formular ist zu groß. Gehen Sie zurück, und kürzen Sie, was darin steht.',
    changed_meanwhile: 'Im selben Augenblick wurde dasselbe geändert. Versuchen Sie es noch einmal.',
    storage_unavailable: 'Der Dienst ist im Moment nicht erreichbar. Versuchen Sie es bald noch einmal.',
    server_error: 'Hier ist etwas schiefgegangen. Nennen Sie dem Betreiber die Nummer der Anfrage.',
  },
}
