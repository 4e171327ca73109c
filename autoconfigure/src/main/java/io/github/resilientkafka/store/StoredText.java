package io.github.resilientkafka.store;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Makes any text fit for a column: no NUL, no half of a surrogate pair, not too long. Databases refuse a whole row, and
 * with it the whole batch, for one such character.
 */
final class StoredText {

    static final int KEY_LENGTH = 512;

    static final int TYPE_LENGTH = 255;

    static final int MESSAGE_LENGTH = 2000;

    private static final char REPLACEMENT = '\uFFFD';

    private StoredText() {}

    /**
     * Cleans one column of many rows. A text that the row before has, too, is not looked at again: events of an outage share
     * their error. Used by one thread.
     */
    static final class Column {

        private final int maxLength;

        private @Nullable String last;

        private @Nullable String cleaned;

        /**
         * Creates a cleaner.
         * @param maxLength the column's length
         */
        Column(int maxLength) {
            this.maxLength = maxLength;
        }

        /**
         * Cleans the next row's text.
         * @param text the text or null
         * @return as {@link StoredText#cleanOrNull}
         */
        @SuppressWarnings(
                "ReferenceEquality") // the very same one is equal, and to compare others costs as much as to clean
        @Nullable
        String clean(@Nullable String text) {
            if (text != this.last) {
                this.cleaned = cleanOrNull(text, this.maxLength);
                this.last = text;
            }
            return this.cleaned;
        }
    }

    /**
     * Cleans a text that may be missing.
     * @param text the text or null
     * @param maxLength the column's length
     * @return what can be stored, null for null
     */
    static @Nullable String cleanOrNull(@Nullable String text, int maxLength) {
        return text == null ? null : clean(text, maxLength);
    }

    /**
     * Cleans a text.
     * @param text the text
     * @param maxLength the column's length
     * @return what can be stored: the same text where nothing is wrong with it
     */
    static String clean(String text, int maxLength) {
        String cut = text.length() <= maxLength ? text : cut(text, maxLength);
        for (int i = 0; i < cut.length(); i++) {
            char c = cut.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return replaceFrom(cut, i);
            }
        }
        return cut;
    }

    private static String cut(String text, int maxLength) {
        boolean splitsPair = Character.isHighSurrogate(text.charAt(maxLength - 1))
                && Character.isLowSurrogate(text.charAt(maxLength));
        return text.substring(0, splitsPair ? maxLength - 1 : maxLength);
    }

    private static String replaceFrom(String text, int start) {
        StringBuilder cleaned = new StringBuilder(text.length()).append(text, 0, start);
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                cleaned.append(c).append(text.charAt(++i));
            } else {
                cleaned.append(c == 0 || Character.isSurrogate(c) ? REPLACEMENT : c);
            }
        }
        return cleaned.toString();
    }

    /**
     * The same event in ASCII alone, for a database that has not all characters.
     * @param event the event
     * @return headers with other characters escaped, other texts with question marks in their place
     */
    static FailedEvent ascii(FailedEvent event) {
        return new FailedEvent(
                event.rowId(),
                event.eventId(),
                event.lane(),
                event.topic(),
                event.partition(),
                event.timestamp(),
                event.key(),
                asciiOrNull(event.keyText()),
                event.payload(),
                escaped(event.headers()),
                ascii(event.eventType()),
                event.failureKind(),
                ascii(event.errorType()),
                asciiOrNull(event.errorMessage()),
                event.createdAt(),
                event.nextAttemptAt());
    }

    /**
     * The same attempt in ASCII alone.
     * @param attempt the attempt
     * @return texts with question marks in the place of other characters
     */
    static FailedAttempt ascii(FailedAttempt attempt) {
        return new FailedAttempt(
                attempt.id(),
                attempt.lane(),
                attempt.from(),
                attempt.attemptsBefore(),
                attempt.to(),
                attempt.attempts(),
                attempt.nextAttemptAt(),
                attempt.failureKind(),
                ascii(attempt.errorType()),
                asciiOrNull(attempt.errorMessage()));
    }

    private static @Nullable String asciiOrNull(@Nullable String text) {
        return text == null ? null : ascii(text);
    }

    private static String ascii(String text) {
        return new String(text.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII);
    }

    /** In JSON such characters occur in strings only, where they may be escaped. */
    private static String escaped(String json) {
        StringBuilder escaped = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c < 0x80) {
                escaped.append(c);
            } else {
                escaped.append("\\u").append(HexFormat.of().toHexDigits(c));
            }
        }
        return escaped.toString();
    }
}
