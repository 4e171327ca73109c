package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What errors say is shown without credentials.
 */
@Timeout(20)
class ErrorTextTests {

    private static final int LONG = 100_000;

    @ParameterizedTest
    @DisplayName("H2: credentials are not shown, however they are written; what is beside them is")
    @ValueSource(
            strings = {
                "shown password=s3cret, shown too",
                "shown ssl.keystore.password : s3cret shown too",
                "shown sasl.jaas.config=s3cret; shown too",
                "shown {\"password\":\"s3cret\"} shown too",
                "shown {\"password\" : \"two s3cret\", \"user\":\"shown too\"}",
                "shown {'client_secret': 'two s3cret', 'user': 'shown too'}",
                "shown {\\\"password\\\":\\\"two s3cret\\\",\\\"user\\\":\\\"shown too\\\"}",
                "shown required username=\"u\" password=\"two s3cret\"; shown too",
                "shown password=\"with \\\" s3cret\" shown too",
                "shown password='with '' s3cret' shown too",
                "shown password=\"two\nlines s3cret\" shown too",
                "shown basic.auth.user.info=joe:s3cret shown too",
                "shown jdbc:x://u:s3cret@h/db shown too",
                "shown jdbc:x://u:pa/s3cret@h/db shown too",
                "shown jdbc:x://u:p@s3cret@h/db shown too",
                "shown Authorization: Bearer s3cret shown too",
                "shown authorization=[Basic s3cret shown too",
                "shown {\"authorization\": \"bearer s3cret\", \"user\":\"shown too\"}"
            })
    void credentialsAreMasked(String text) {
        assertThat(ErrorText.of(text))
                .doesNotContain("s3cret")
                .startsWith("shown")
                .contains("******", "shown too");
    }

    @ParameterizedTest
    @DisplayName("H2: a quoted secret that was cut off is masked to its end")
    @ValueSource(
            strings = {"shown password=\"two s3cret", "shown {'token': 'two s3cret", "shown \\\"pwd\\\":\\\"two s3cret"
            })
    void credentialsThatWereCutOffAreMasked(String text) {
        assertThat(ErrorText.of(text))
                .doesNotContain("s3cret")
                .startsWith("shown")
                .endsWith("******");
    }

    @ParameterizedTest
    @DisplayName("H2: what is no credential is left as it is")
    @ValueSource(
            strings = {
                "No password was given for user joe",
                "Basic authentication failed",
                "TopicAuthorizationException: Not authorized to access topics: [orders]",
                "Could not connect to http://registry:8081/subjects",
                "The token has expired at 12:00"
            })
    void otherTextIsLeftAsItIs(String text) {
        assertThat(ErrorText.of(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @DisplayName("H2: long texts take no longer than they are")
    @ValueSource(
            strings = {
                "a.", "a-", "a", " ", "/", "//a", "//a@", "@", "password", "password ", "password=", "password=\"",
                "password:'", "password=\"\"", "token ", "\\", "\\\"", "'", "\"", "''", "Bearer ", "Basic", "jaas.",
                        "=: "
            })
    void longTextsAreMaskedInTime(String part) {
        String text = part.repeat(LONG / part.length());
        assertThat(ErrorText.of(text)).hasSizeLessThanOrEqualTo(501);
        assertThat(ErrorText.of("password=\"" + text)).startsWith("password=******");
        assertThat(ErrorText.of("//" + text.replace(" ", "") + "s3cret@h")).doesNotContain("s3cret");
    }
}
