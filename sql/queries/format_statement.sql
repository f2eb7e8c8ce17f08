-- The typed statement as the engine parses it; an error where it is none, or more than one.
SELECT formatQuerySingleLine({typed:String}) AS formatted
