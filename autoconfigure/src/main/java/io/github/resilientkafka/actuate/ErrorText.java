package io.github.resilientkafka.actuate;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Errors as text that may be shown: bounded, on one line, without credentials.
 */
final class ErrorText {

    private static final int MAX_LENGTH = 500;

    // All possessive, and nothing before the name: errors may be long, and none of it may be looked at over and over.

    private static final String IN_QUOTES = "\"[^\"\\\\]*+(?:(?:\\\\.|\"\")[^\"\\\\]*+)*+\"?+";

    private static final String IN_ESCAPED_QUOTES = "\\\\++\"[^\"]*+\"?+";

    private static final Pattern CREDENTIALS = Pattern.compile(
            "(?is)((?:password|passwd|pwd|secret|token|jaas\\.config|user\\.info)\\\\*+[\"']?+\\s*+[=:]\\s*+)(?:"
                    + IN_QUOTES + "|" + IN_QUOTES.replace('"', '\'') + "|" + IN_ESCAPED_QUOTES + "|\\S++)");

    private static final Pattern SCHEME = Pattern.compile("\\b([Bb]earer|[Bb]asic)\\s++(?!auth)\\S++");

    private static final Pattern AFTER_SLASHES = Pattern.compile("//(\\S++)");

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
        String shown = CREDENTIALS.matcher(text).replaceAll("$1******");
        shown = SCHEME.matcher(shown).replaceAll("$1 ******");
        shown = AFTER_SLASHES.matcher(shown).replaceAll(url -> Matcher.quoteReplacement(withoutUserInfo(url)));
        return shown.replaceAll("\\s+", " ");
    }

    /**
     * The last {@code @} ends it: passwords may contain slashes, and {@code @} as well.
     */
    private static String withoutUserInfo(MatchResult url) {
        int end = url.group(1).lastIndexOf('@');
        return (end < 0) ? url.group() : "//******" + url.group(1).substring(end);
    }

    static @Nullable String ofNullable(@Nullable String text) {
        return (text == null) ? null : of(text);
    }
}
