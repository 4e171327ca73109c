package io.github.resilientkafka.store;

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
}
