package io.github.resilientkafka.actuate;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Errors as text that may be shown: bounded, on one line, without credentials.
 */
final class ErrorText {

    private static final int MAX_LENGTH = 500;

    private static final Pattern CREDENTIALS =
            Pattern.compile("(?i)\\b([\\w.-]*(?:password|passwd|pwd|secret|token|jaas\\.config))(\\s*[=:]\\s*)\\S+");

    private static final Pattern USER_INFO = Pattern.compile("//[^/@\\s]+@");

    private ErrorText() {}

    static String of(Throwable error) {
        String message = error.getMessage();
        String name = error.getClass().getSimpleName();
        return of((message == null) ? name : name + ": " + message);
    }

    static String of(String text) {
        String shown = masked(text);
        return (shown.length() <= MAX_LENGTH) ? shown : shown.substring(0, MAX_LENGTH) + "…";
    }

    /**
     * Returns a text of ours that may quote errors, as long as it is.
     */
    static String masked(String text) {
        String shown = CREDENTIALS.matcher(text).replaceAll("$1$2******");
        return USER_INFO.matcher(shown).replaceAll("//******@").replaceAll("\\s+", " ");
    }

    static @Nullable String ofNullable(@Nullable String text) {
        return (text == null) ? null : of(text);
    }
}
