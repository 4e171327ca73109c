package io.github.resilientkafka.publisher;

import java.util.ArrayList;
import java.util.List;

/**
 * An error as it is told to people: with its causes, since the outermost one often says only that something failed, and of
 * bounded length. Internal.
 */
public final class ErrorChain {

    private static final int MAX_DEPTH = 20;

    private static final int MAX_LENGTH = 1_000;

    private static final int MAX_PART = 450;

    private static final String CAUSED_BY = "; caused by ";

    private static final String CUT = "...";

    private ErrorChain() {}

    /**
     * Describes an error and its causes by type and message. The outermost and the root are always there, those between as far
     * as there is room.
     * @param error the error
     * @return at most 1,000 characters
     */
    public static String text(Throwable error) {
        List<String> parts = parts(error);
        String first = cut(parts.get(0));
        if (parts.size() == 1) {
            return first;
        }
        String root = CAUSED_BY + cut(parts.get(parts.size() - 1));
        StringBuilder text = new StringBuilder(first);
        for (String part : parts.subList(1, parts.size() - 1)) {
            String between = CAUSED_BY + part;
            if (text.length() + between.length() + root.length() + CUT.length() > MAX_LENGTH) {
                text.append(CUT);
                break;
            }
            text.append(between);
        }
        return text.append(root).toString();
    }

    /**
     * An exception made of its cause alone has the cause's text as its message: that is told once.
     */
    private static List<String> parts(Throwable error) {
        List<String> parts = new ArrayList<>();
        for (Throwable cause : of(error)) {
            String part = cause.toString();
            if (parts.isEmpty() || !parts.get(parts.size() - 1).endsWith(part)) {
                parts.add(part);
            }
        }
        return parts;
    }

    /**
     * Returns an error and its causes.
     * @param error the error
     * @return outermost first, 20 at most
     */
    public static List<Throwable> of(Throwable error) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable cause = error; cause != null && chain.size() < MAX_DEPTH; cause = cause.getCause()) {
            chain.add(cause);
        }
        return chain;
    }

    private static String cut(String part) {
        return (part.length() <= MAX_PART) ? part : part.substring(0, MAX_PART) + CUT;
    }
}
