package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.benchmarks.Svg.Anchor;
import io.github.resilientkafka.benchmarks.Svg.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;

/**
 * Panels one below the other that share a time axis, and moments that are marked in all of them.
 *
 * @param title what is to be seen
 * @param seconds the length of the time axis
 * @param moments what happened when
 * @param panels from top to bottom
 */
record Chart(String title, double seconds, List<Moment> moments, List<Panel> panels) {

    private static final int WIDTH = 960;

    private static final int LEFT = 80;

    private static final int RIGHT = WIDTH - 24;

    private static final int TOP = 74;

    private static final int GAP = 44;

    private static final int BOTTOM = 48;

    private static final int SWATCH = 14;

    /** Keeps a text readable on a line. */
    private static final String HALO = "paint-order: stroke; stroke: white; stroke-width: 4px";

    private static final String GREY = "#d8d8d8";

    private static final String DARK = "#444444";

    /**
     * Something that happened.
     */
    record Moment(double second, String name) {}

    /**
     * Values over time; a line ends where there is none, which is NaN.
     */
    record Line(String name, String colour, List<Point> values) {}

    /**
     * A state that lasted.
     */
    record Span(double from, double to, String name, String colour) {}

    /**
     * A part of the chart: lines on a scale, or spans of which one follows the other.
     */
    record Panel(String title, int height, Axis axis, List<Line> lines, List<Span> spans) {

        static Panel of(String title, int height, Axis axis, List<Line> lines) {
            return new Panel(title, height, axis, lines, List.of());
        }

        static Panel of(String title, int height, List<Span> spans) {
            return new Panel(title, height, new Axis(0, 1, false, List.of()), List.of(), spans);
        }
    }

    String toSvg() {
        int height = TOP + BOTTOM + this.panels.stream().mapToInt(Panel::height).sum() + (this.panels.size() - 1) * GAP;
        Svg svg = new Svg(WIDTH, height);
        svg.text(new Point(LEFT, 24), Anchor.START, "font-size: 16px; font-weight: bold", this.title);
        Axis time = Axis.exactlyTo(this.seconds, 10);
        int bottom = height - BOTTOM;
        forEach((panel, top) -> draw(svg, panel, top, time));
        for (Moment moment : this.moments) {
            double x = x(time, moment.second());
            svg.line(new Point(x, TOP - 26), new Point(x, bottom), "black", "5 4");
            svg.text(new Point(x, TOP - 30), Anchor.MIDDLE, "font-weight: bold", moment.name());
        }
        // Over the moments.
        forEach((panel, top) -> {
            svg.text(new Point(LEFT, top - 8), Anchor.START, "font-weight: bold; " + HALO, panel.title());
            legend(svg, panel, top - 8);
        });
        for (double tick : time.ticks()) {
            svg.text(new Point(x(time, tick), bottom + 18), Anchor.MIDDLE, "fill: " + DARK, Axis.label(tick));
        }
        svg.text(new Point((LEFT + RIGHT) / 2.0, bottom + 38), Anchor.MIDDLE, "fill: " + DARK, "seconds");
        return svg.toString();
    }

    private void forEach(ObjIntConsumer<Panel> action) {
        int top = TOP;
        for (Panel panel : this.panels) {
            action.accept(panel, top);
            top += panel.height() + GAP;
        }
    }

    private static double x(Axis time, double second) {
        return LEFT + time.position(second) * (RIGHT - LEFT);
    }

    private static void draw(Svg svg, Panel panel, int top, Axis time) {
        int bottom = top + panel.height();
        for (double tick : time.ticks()) {
            double x = x(time, tick);
            svg.line(new Point(x, top), new Point(x, bottom), GREY, "");
        }
        for (double tick : panel.axis().ticks()) {
            double y = bottom - panel.axis().position(tick) * panel.height();
            svg.line(new Point(LEFT, y), new Point(RIGHT, y), GREY, "");
            svg.text(new Point(LEFT - 6, y + 4), Anchor.END, "fill: " + DARK, Axis.label(tick));
        }
        for (Span span : panel.spans()) {
            svg.rectangle(new Point(x(time, span.from()), top), new Point(x(time, span.to()), bottom), span.colour());
        }
        for (Line line : panel.lines()) {
            for (List<Point> part : parts(line.values())) {
                svg.polyline(
                        part.stream()
                                .map(value -> new Point(
                                        x(time, value.x()),
                                        bottom - panel.axis().position(value.y()) * panel.height()))
                                .toList(),
                        line.colour());
            }
        }
    }

    private static List<List<Point>> parts(List<Point> values) {
        List<List<Point>> parts = new ArrayList<>();
        List<Point> part = new ArrayList<>();
        for (Point value : values) {
            if (!Double.isNaN(value.y())) {
                part.add(value);
            } else if (!part.isEmpty()) {
                parts.add(part);
                part = new ArrayList<>();
            }
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }

    private static void legend(Svg svg, Panel panel, int y) {
        List<Span> entries = new ArrayList<>();
        panel.lines().forEach(line -> entries.add(new Span(0, 0, line.name(), line.colour())));
        for (Span span : panel.spans()) {
            if (entries.stream().noneMatch(entry -> entry.name().equals(span.name()))) {
                entries.add(span);
            }
        }
        double x = RIGHT
                - entries.stream().mapToDouble(entry -> width(entry.name())).sum();
        for (Span entry : entries) {
            svg.rectangle(new Point(x, y - 10), new Point(x + SWATCH, y + 1), entry.colour());
            svg.text(new Point(x + SWATCH + 5, y), Anchor.START, HALO, entry.name());
            x += width(entry.name());
        }
    }

    /**
     * Of an entry of a legend, roughly: only who shows the drawing knows its fonts.
     */
    private static double width(String name) {
        return SWATCH
                + 24
                + name.chars()
                        .mapToDouble(letter -> Character.isUpperCase(letter) ? 8.5 : 6.6)
                        .sum();
    }
}
