package io.github.resilientkafka.publisher;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The text by which people find an event's key: of a key that is a text, a number or the like its own, of any other its
 * bytes, if they are one. Other objects' {@code toString} says nothing, or cannot be called at all.
 */
final class KeyText {

    private KeyText() {}

    /**
     * Looks at a key when it is published: afterwards it may change, and nothing of the application's may be called by those
     * who store it.
     * @param key the key as its publisher gave it
     * @return what has its text, safe to be asked for it at any time, or null if only its bytes may
     */
    static @Nullable Object of(@Nullable Object key) {
        if (key == null || isUnchangeable(key)) {
            return key;
        }
        if (key instanceof CharSequence || key instanceof Number || key instanceof Enum<?>) {
            try {
                return key.toString();
            } catch (RuntimeException ex) {
                // It is a key all the same: its serializer took it.
                return null;
            }
        }
        return null;
    }

    private static boolean isUnchangeable(Object key) {
        return key instanceof String
                || key instanceof Long
                || key instanceof Integer
                || key instanceof UUID
                || key instanceof Short
                || key instanceof Byte
                || key instanceof Double
                || key instanceof Float
                || key instanceof Boolean
                || key instanceof Character;
    }

    /**
     * Returns the text.
     * @param textOfKey what {@link #of} has returned
     * @param bytes the serialised key
     * @return the text, or null if there is none
     */
    static @Nullable String text(@Nullable Object textOfKey, byte @Nullable [] bytes) {
        return (textOfKey != null) ? textOfKey.toString() : (bytes != null) ? readable(bytes) : null;
    }

    private static @Nullable String readable(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.chars().noneMatch(Character::isISOControl) ? text : null;
        } catch (CharacterCodingException ex) {
            return null;
        }
    }
}
