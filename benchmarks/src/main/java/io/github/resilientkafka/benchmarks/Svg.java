package io.github.resilientkafka.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * A drawing as scalable vector graphics, element by element. Positions are pixels from the upper left corner.
 */
final class Svg {

    private final StringBuilder elements = new StringBuilder();

    private final int width;

    private final int height;

    /** Which way a text goes from its position. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    /** A place in the drawing. */
    record Point(double x, double y) {}

    Svg(int width, int height) {
        this.width = width;
        this.height = height;
        // Pages may be dark.
        rectangle(new Point(0, 0), new Point(width, height), "white");
    }

    void rectangle(Point corner, Point opposite, String fill) {
        add(
                "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>",
                corner.x, corner.y, opposite.x - corner.x, opposite.y - corner.y, fill);
    }

    void line(Point from, Point to, String stroke, String dashes) {
        add(
                "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-dasharray='%s'/>",
                from.x, from.y, to.x, to.y, stroke, dashes);
    }

    void polyline(List<Point> points, String stroke) {
        StringBuilder text = new StringBuilder();
        points.forEach(point -> text.append(String.format(Locale.ROOT, "%.1f,%.1f ", point.x, point.y)));
        add(
                "<polyline points='%s' fill='none' stroke='%s' stroke-width='1.8' stroke-linejoin='round'/>",
                text.toString().trim(), stroke);
    }

    void text(Point at, Anchor anchor, String style, String text) {
        add(
                "<text x='%.1f' y='%.1f' text-anchor='%s' style='%s'>%s</text>",
                at.x, at.y, anchor.name().toLowerCase(Locale.ROOT), style, escaped(text));
    }

    private void add(String format, Object... values) {
        this.elements.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    @Override
    public String toString() {
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %1$d %2$d' width='%1$d' height='%2$d'"
                                + " font-family='Helvetica, Arial, sans-serif' font-size='12'>%n",
                        this.width,
                        this.height)
                + this.elements
                + "</svg>\n";
    }
}
